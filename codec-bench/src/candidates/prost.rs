//! `prost`: Protocol Buffers, tagged fields of which each may be absent. It borrows nothing, so text, the token and the
//! list are made anew; any number but 0 is a true bool, and fields that it does not know are skipped.

use std::hint::black_box;

use prost::Message;

use super::Candidate;
use crate::packets::{
    self, use_login, use_ping, use_profile, use_readings, use_two_of_login, use_two_of_profile,
    use_two_of_readings,
};
use crate::tasks::{Codec, Heeded, Kit, Packet};

pub(super) const CANDIDATE: Candidate = Candidate {
    name: "prost",
    kits: &[
        (Packet::Ping, Kit::of::<Prost, packets::Ping>()),
        (Packet::Login, Kit::of::<Prost, packets::Login>()),
        (Packet::Profile, Kit::of::<Prost, packets::Profile>()),
        (Packet::OwnedList, Kit::of::<Prost, packets::Readings>()),
    ],
};

#[derive(Clone, PartialEq, Message)]
struct Ping {
    #[prost(fixed64, tag = 1)]
    at: u64,
}

#[derive(Clone, PartialEq, Message)]
struct Login {
    #[prost(fixed64, tag = 1)]
    uid: u64,
    #[prost(fixed32, tag = 2)]
    device: u32,
    #[prost(uint32, tag = 3)]
    version: u32,
    #[prost(bool, tag = 4)]
    again: bool,
    #[prost(bytes = "vec", tag = 5)]
    token: Vec<u8>,
    #[prost(string, tag = 6)]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct Profile {
    #[prost(fixed64, tag = 1)]
    id: u64,
    #[prost(fixed64, tag = 2)]
    since: u64,
    #[prost(string, tag = 3)]
    nick: String,
    #[prost(fixed32, tag = 4)]
    level: u32,
    #[prost(string, tag = 5)]
    email: String,
    #[prost(uint32, tag = 6)]
    region: u32,
    #[prost(bool, tag = 7)]
    visible: bool,
    #[prost(string, tag = 8)]
    about: String,
    #[prost(bool, tag = 9)]
    verified: bool,
}

#[derive(Clone, PartialEq, Message)]
struct Reading {
    #[prost(uint32, tag = 1)]
    sensor: u32,
    #[prost(fixed32, tag = 2)]
    value: u32,
}

#[derive(Clone, PartialEq, Message)]
struct Readings {
    #[prost(message, repeated, tag = 1)]
    items: Vec<Reading>,
}

#[inline(always)]
fn decode<P: Message + Default>(payload: &[u8]) -> Option<P> {
    let packet = P::decode(payload).heeded()?;
    black_box(&packet);
    Some(packet)
}

#[inline(always)]
fn encode(packet: &impl Message, mut out: &mut [u8]) -> Option<usize> {
    let room = out.len();
    packet.encode(&mut out).heeded()?;
    Some(room - out.len())
}

/// Protocol Buffers have no numbers of 16 bits.
#[inline(always)]
fn narrow(number: u32) -> Option<u16> {
    u16::try_from(number).heeded()
}

struct Prost;

impl Codec<packets::Ping> for Prost {
    type Packet<'v> = Ping;

    fn packet(value: &packets::Ping) -> Ping {
        Ping { at: value.at }
    }

    fn encode(packet: &Ping, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let ping: Ping = decode(payload)?;
        Some(use_ping(ping.at))
    }
}

impl Codec<packets::Login> for Prost {
    type Packet<'v> = Login;

    fn packet(value: &packets::Login) -> Login {
        let packets::Login { uid, device, version, again, token, ref name } = *value;
        Login { uid, device, version: version.into(), again, token: token.to_vec(), name: name.clone() }
    }

    fn encode(packet: &Login, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let Login { uid, device, version, again, token, name } = decode(payload)?;
        let token = token.as_slice().try_into().heeded()?;
        Some(use_login(uid, device, narrow(version)?, again, token, &name))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let login: Login = decode(payload)?;
        Some(use_two_of_login(login.uid, &login.name))
    }
}

impl Codec<packets::Profile> for Prost {
    type Packet<'v> = Profile;

    fn packet(value: &packets::Profile) -> Profile {
        let packets::Profile { id, since, ref nick, level, ref email, region, visible, ref about, verified } =
            *value;
        let (nick, email, about) = (nick.clone(), email.clone(), about.clone());
        Profile { id, since, nick, level, email, region: region.into(), visible, about, verified }
    }

    fn encode(packet: &Profile, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let Profile { id, since, nick, level, email, region, visible, about, verified } = decode(payload)?;
        let place = (narrow(region)?, visible);
        Some(use_profile((id, since), &nick, level, &email, place, &about, verified))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let profile: Profile = decode(payload)?;
        Some(use_two_of_profile(profile.id, &profile.about))
    }
}

impl Codec<packets::Readings> for Prost {
    type Packet<'v> = Readings;

    fn packet(value: &packets::Readings) -> Readings {
        let reading = |&packets::Reading { sensor, value }| Reading { sensor: sensor.into(), value };
        Readings { items: value.items.iter().map(reading).collect() }
    }

    fn encode(packet: &Readings, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let readings: Readings = decode(payload)?;
        Some(use_readings(readings.items.iter().map(|item| (item.sensor as u16, item.value))))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let readings: Readings = decode(payload)?;
        let first = readings.items.first().map(|item| (item.sensor as u16, item.value));
        Some(use_two_of_readings(readings.items.len(), first))
    }
}
