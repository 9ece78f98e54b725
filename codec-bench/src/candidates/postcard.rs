//! `postcard`: numbers of as many bytes as they need, lengths too; text is borrowed.
//!
//! serde borrows bytes and text only, so the list is a vector.

use std::hint::black_box;

use serde::{Deserialize, Serialize};

use super::Candidate;
use crate::packets::{
    self, use_login, use_ping, use_profile, use_readings, use_two_of_login, use_two_of_profile,
    use_two_of_readings,
};
use crate::tasks::{Codec, Heeded, Kit, Packet};

pub(super) const CANDIDATE: Candidate = Candidate {
    name: "postcard",
    kits: &[
        (Packet::Ping, Kit::of::<Postcard, packets::Ping>()),
        (Packet::Login, Kit::of::<Postcard, packets::Login>()),
        (Packet::Profile, Kit::of::<Postcard, packets::Profile>()),
        (Packet::OwnedList, Kit::of::<Postcard, packets::Readings>()),
    ],
};

#[derive(Deserialize, Serialize)]
struct Ping {
    at: u64,
}

#[derive(Deserialize, Serialize)]
struct Login<'a> {
    uid: u64,
    device: u32,
    version: u16,
    again: bool,
    token: [u8; 16],
    name: &'a str,
}

#[derive(Deserialize, Serialize)]
struct Profile<'a> {
    id: u64,
    since: u64,
    nick: &'a str,
    level: u32,
    email: &'a str,
    region: u16,
    visible: bool,
    about: &'a str,
    verified: bool,
}

#[derive(Deserialize, Serialize)]
struct Reading {
    sensor: u16,
    value: u32,
}

#[derive(Deserialize, Serialize)]
struct Readings {
    items: Vec<Reading>,
}

#[inline(always)]
fn decode<'a, P: Deserialize<'a>>(payload: &'a [u8]) -> Option<P> {
    let (packet, rest) = postcard::take_from_bytes(payload).heeded()?;
    rest.is_empty().then_some(packet)
}

#[inline(always)]
fn decode_readings(payload: &[u8]) -> Option<Readings> {
    let readings: Readings = decode(payload)?;
    black_box(&readings.items);
    Some(readings)
}

#[inline(always)]
fn encode(packet: &impl Serialize, out: &mut [u8]) -> Option<usize> {
    postcard::to_slice(packet, out).heeded().map(|written| written.len())
}

struct Postcard;

impl Codec<packets::Ping> for Postcard {
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

impl Codec<packets::Login> for Postcard {
    type Packet<'v> = Login<'v>;

    fn packet(value: &packets::Login) -> Login<'_> {
        let packets::Login { uid, device, version, again, token, ref name } = *value;
        Login { uid, device, version, again, token, name }
    }

    fn encode(packet: &Login<'_>, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let Login { uid, device, version, again, token, name } = decode(payload)?;
        Some(use_login(uid, device, version, again, &token, name))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let login: Login<'_> = decode(payload)?;
        Some(use_two_of_login(login.uid, login.name))
    }
}

impl Codec<packets::Profile> for Postcard {
    type Packet<'v> = Profile<'v>;

    fn packet(value: &packets::Profile) -> Profile<'_> {
        let packets::Profile { id, since, ref nick, level, ref email, region, visible, ref about, verified } =
            *value;
        Profile { id, since, nick, level, email, region, visible, about, verified }
    }

    fn encode(packet: &Profile<'_>, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let Profile { id, since, nick, level, email, region, visible, about, verified } = decode(payload)?;
        Some(use_profile((id, since), nick, level, email, (region, visible), about, verified))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let profile: Profile<'_> = decode(payload)?;
        Some(use_two_of_profile(profile.id, profile.about))
    }
}

impl Codec<packets::Readings> for Postcard {
    type Packet<'v> = Readings;

    fn packet(value: &packets::Readings) -> Readings {
        let reading = |&packets::Reading { sensor, value }| Reading { sensor, value };
        Readings { items: value.items.iter().map(reading).collect() }
    }

    fn encode(packet: &Readings, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let readings = decode_readings(payload)?;
        Some(use_readings(readings.items.iter().map(|item| (item.sensor, item.value))))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let readings = decode_readings(payload)?;
        let first = readings.items.first().map(|item| (item.sensor, item.value));
        Some(use_two_of_readings(readings.items.len(), first))
    }
}
