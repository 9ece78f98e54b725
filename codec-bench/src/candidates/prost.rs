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

/// Each task has packets of its own, as each command of a service has: what is decoded in one place only is compiled
/// into that place.
macro_rules! packets {
    ($task:ident) => {
        #[allow(dead_code, reason = "no task uses all of it")]
        mod $task {
            use prost::Message;

            #[derive(Clone, PartialEq, Message)]
            pub(super) struct Ping {
                #[prost(fixed64, tag = 1)]
                pub(super) at: u64,
            }

            #[derive(Clone, PartialEq, Message)]
            pub(super) struct Login {
                #[prost(fixed64, tag = 1)]
                pub(super) uid: u64,
                #[prost(fixed32, tag = 2)]
                pub(super) device: u32,
                #[prost(uint32, tag = 3)]
                pub(super) version: u32,
                #[prost(bool, tag = 4)]
                pub(super) again: bool,
                #[prost(bytes = "vec", tag = 5)]
                pub(super) token: Vec<u8>,
                #[prost(string, tag = 6)]
                pub(super) name: String,
            }

            #[derive(Clone, PartialEq, Message)]
            pub(super) struct Profile {
                #[prost(fixed64, tag = 1)]
                pub(super) id: u64,
                #[prost(fixed64, tag = 2)]
                pub(super) since: u64,
                #[prost(string, tag = 3)]
                pub(super) nick: String,
                #[prost(fixed32, tag = 4)]
                pub(super) level: u32,
                #[prost(string, tag = 5)]
                pub(super) email: String,
                #[prost(uint32, tag = 6)]
                pub(super) region: u32,
                #[prost(bool, tag = 7)]
                pub(super) visible: bool,
                #[prost(string, tag = 8)]
                pub(super) about: String,
                #[prost(bool, tag = 9)]
                pub(super) verified: bool,
            }

            #[derive(Clone, PartialEq, Message)]
            pub(super) struct Reading {
                #[prost(uint32, tag = 1)]
                pub(super) sensor: u32,
                #[prost(fixed32, tag = 2)]
                pub(super) value: u32,
            }

            #[derive(Clone, PartialEq, Message)]
            pub(super) struct Readings {
                #[prost(message, repeated, tag = 1)]
                pub(super) items: Vec<Reading>,
            }
        }
    };
}

packets!(all);
packets!(two);

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
    type Packet<'v> = all::Ping;

    fn packet(value: &packets::Ping) -> all::Ping {
        all::Ping { at: value.at }
    }

    fn encode(packet: &all::Ping, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let ping: all::Ping = decode(payload)?;
        Some(use_ping(ping.at))
    }
}

impl Codec<packets::Login> for Prost {
    type Packet<'v> = all::Login;

    fn packet(value: &packets::Login) -> all::Login {
        let packets::Login { uid, device, version, again, token, ref name } = *value;
        all::Login { uid, device, version: version.into(), again, token: token.to_vec(), name: name.clone() }
    }

    fn encode(packet: &all::Login, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let all::Login { uid, device, version, again, token, name } = decode(payload)?;
        let token = token.as_slice().try_into().heeded()?;
        Some(use_login(uid, device, narrow(version)?, again, token, &name))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let login: two::Login = decode(payload)?;
        Some(use_two_of_login(login.uid, &login.name))
    }
}

impl Codec<packets::Profile> for Prost {
    type Packet<'v> = all::Profile;

    fn packet(value: &packets::Profile) -> all::Profile {
        let packets::Profile { id, since, ref nick, level, ref email, region, visible, ref about, verified } =
            *value;
        let (nick, email, about) = (nick.clone(), email.clone(), about.clone());
        all::Profile { id, since, nick, level, email, region: region.into(), visible, about, verified }
    }

    fn encode(packet: &all::Profile, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let all::Profile { id, since, nick, level, email, region, visible, about, verified } =
            decode(payload)?;
        let place = (narrow(region)?, visible);
        Some(use_profile((id, since), &nick, level, &email, place, &about, verified))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let profile: two::Profile = decode(payload)?;
        Some(use_two_of_profile(profile.id, &profile.about))
    }
}

impl Codec<packets::Readings> for Prost {
    type Packet<'v> = all::Readings;

    fn packet(value: &packets::Readings) -> all::Readings {
        let reading = |&packets::Reading { sensor, value }| all::Reading { sensor: sensor.into(), value };
        all::Readings { items: value.items.iter().map(reading).collect() }
    }

    fn encode(packet: &all::Readings, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let readings: all::Readings = decode(payload)?;
        Some(use_readings(readings.items.iter().map(|item| (item.sensor as u16, item.value))))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let readings: two::Readings = decode(payload)?;
        let first = readings.items.first().map(|item| (item.sensor as u16, item.value));
        Some(use_two_of_readings(readings.items.len(), first))
    }
}
