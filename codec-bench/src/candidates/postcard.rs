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

/// Each task has packets of its own, as each command of a service has: what is decoded in one place only is compiled
/// into that place.
macro_rules! packets {
    ($task:ident) => {
        #[allow(dead_code, reason = "no task uses all of it")]
        mod $task {
            use serde::{Deserialize, Serialize};

            #[derive(Deserialize, Serialize)]
            pub(super) struct Ping {
                pub(super) at: u64,
            }

            #[derive(Deserialize, Serialize)]
            pub(super) struct Login<'a> {
                pub(super) uid: u64,
                pub(super) device: u32,
                pub(super) version: u16,
                pub(super) again: bool,
                pub(super) token: [u8; 16],
                pub(super) name: &'a str,
            }

            #[derive(Deserialize, Serialize)]
            pub(super) struct Profile<'a> {
                pub(super) id: u64,
                pub(super) since: u64,
                pub(super) nick: &'a str,
                pub(super) level: u32,
                pub(super) email: &'a str,
                pub(super) region: u16,
                pub(super) visible: bool,
                pub(super) about: &'a str,
                pub(super) verified: bool,
            }

            #[derive(Deserialize, Serialize)]
            pub(super) struct Reading {
                pub(super) sensor: u16,
                pub(super) value: u32,
            }

            #[derive(Deserialize, Serialize)]
            pub(super) struct Readings {
                pub(super) items: Vec<Reading>,
            }
        }
    };
}

packets!(all);
packets!(two);

#[inline(always)]
fn decode<'a, P: Deserialize<'a>>(payload: &'a [u8]) -> Option<P> {
    let (packet, rest) = postcard::take_from_bytes(payload).heeded()?;
    rest.is_empty().then_some(packet)
}

#[inline(always)]
fn encode(packet: &impl Serialize, out: &mut [u8]) -> Option<usize> {
    postcard::to_slice(packet, out).heeded().map(|written| written.len())
}

struct Postcard;

impl Codec<packets::Ping> for Postcard {
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

impl Codec<packets::Login> for Postcard {
    type Packet<'v> = all::Login<'v>;

    fn packet(value: &packets::Login) -> all::Login<'_> {
        let packets::Login { uid, device, version, again, token, ref name } = *value;
        all::Login { uid, device, version, again, token, name }
    }

    fn encode(packet: &all::Login<'_>, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let all::Login { uid, device, version, again, token, name } = decode(payload)?;
        Some(use_login(uid, device, version, again, &token, name))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let login: two::Login<'_> = decode(payload)?;
        Some(use_two_of_login(login.uid, login.name))
    }
}

impl Codec<packets::Profile> for Postcard {
    type Packet<'v> = all::Profile<'v>;

    fn packet(value: &packets::Profile) -> all::Profile<'_> {
        let packets::Profile { id, since, ref nick, level, ref email, region, visible, ref about, verified } =
            *value;
        all::Profile { id, since, nick, level, email, region, visible, about, verified }
    }

    fn encode(packet: &all::Profile<'_>, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let all::Profile { id, since, nick, level, email, region, visible, about, verified } =
            decode(payload)?;
        Some(use_profile((id, since), nick, level, email, (region, visible), about, verified))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let profile: two::Profile<'_> = decode(payload)?;
        Some(use_two_of_profile(profile.id, profile.about))
    }
}

impl Codec<packets::Readings> for Postcard {
    type Packet<'v> = all::Readings;

    fn packet(value: &packets::Readings) -> all::Readings {
        let reading = |&packets::Reading { sensor, value }| all::Reading { sensor, value };
        all::Readings { items: value.items.iter().map(reading).collect() }
    }

    fn encode(packet: &all::Readings, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let readings: all::Readings = decode(payload)?;
        black_box(&readings.items);
        Some(use_readings(readings.items.iter().map(|item| (item.sensor, item.value))))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let readings: two::Readings = decode(payload)?;
        black_box(&readings.items);
        let first = readings.items.first().map(|item| (item.sensor, item.value));
        Some(use_two_of_readings(readings.items.len(), first))
    }
}
