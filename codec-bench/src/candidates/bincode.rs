//! `bincode` 2 with borrowed text and numbers of a fixed width, the faster of its two ways. Lengths take 8 bytes.
//!
//! It borrows bytes and text only, so the list is a vector.

use std::hint::black_box;

use bincode::config::{Configuration, Fixint, Limit, LittleEndian, standard};
use bincode::{BorrowDecode, Encode, borrow_decode_from_slice, encode_into_slice};

use super::Candidate;
use crate::packets::{
    self, use_login, use_ping, use_profile, use_readings, use_two_of_login, use_two_of_profile,
    use_two_of_readings,
};
use crate::tasks::{Codec, Heeded, Kit, Packet};

pub(super) const CANDIDATE: Candidate = Candidate {
    name: "bincode",
    kits: &[
        (Packet::Ping, Kit::of::<Bincode, packets::Ping>()),
        (Packet::Login, Kit::of::<Bincode, packets::Login>()),
        (Packet::Profile, Kit::of::<Bincode, packets::Profile>()),
        (Packet::OwnedList, Kit::of::<Bincode, packets::Readings>()),
    ],
};

const CONFIG: Configuration<LittleEndian, Fixint> = standard().with_fixed_int_encoding();

/// Without a limit a claimed count is believed, and memory is reserved for it.
const LIMITED: Configuration<LittleEndian, Fixint, Limit<65_535>> = CONFIG.with_limit();

/// Each task has packets of its own, as each command of a service has: what is decoded in one place only is compiled
/// into that place.
macro_rules! packets {
    ($task:ident) => {
        #[allow(dead_code, reason = "no task uses all of it")]
        mod $task {
            use bincode::{BorrowDecode, Encode};

            #[derive(BorrowDecode, Encode)]
            pub(super) struct Ping {
                pub(super) at: u64,
            }

            #[derive(BorrowDecode, Encode)]
            pub(super) struct Login<'a> {
                pub(super) uid: u64,
                pub(super) device: u32,
                pub(super) version: u16,
                pub(super) again: bool,
                pub(super) token: [u8; 16],
                pub(super) name: &'a str,
            }

            #[derive(BorrowDecode, Encode)]
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

            #[derive(BorrowDecode, Encode)]
            pub(super) struct Reading {
                pub(super) sensor: u16,
                pub(super) value: u32,
            }

            #[derive(BorrowDecode, Encode)]
            pub(super) struct Readings {
                pub(super) items: Vec<Reading>,
            }
        }
    };
}

packets!(all);
packets!(two);

#[inline(always)]
fn decode<'a, P: BorrowDecode<'a, ()>>(payload: &'a [u8]) -> Option<P> {
    let (packet, read) = borrow_decode_from_slice(payload, CONFIG).heeded()?;
    (read == payload.len()).then_some(packet)
}

#[inline(always)]
fn decode_limited<'a, P: BorrowDecode<'a, ()>>(payload: &'a [u8]) -> Option<P> {
    let (packet, read) = borrow_decode_from_slice(payload, LIMITED).heeded()?;
    (read == payload.len()).then_some(packet)
}

#[inline(always)]
fn encode(packet: &impl Encode, out: &mut [u8]) -> Option<usize> {
    encode_into_slice(packet, out, CONFIG).heeded()
}

struct Bincode;

impl Codec<packets::Ping> for Bincode {
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

impl Codec<packets::Login> for Bincode {
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

impl Codec<packets::Profile> for Bincode {
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

impl Codec<packets::Readings> for Bincode {
    type Packet<'v> = all::Readings;

    fn packet(value: &packets::Readings) -> all::Readings {
        let reading = |&packets::Reading { sensor, value }| all::Reading { sensor, value };
        all::Readings { items: value.items.iter().map(reading).collect() }
    }

    fn encode(packet: &all::Readings, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let readings: all::Readings = decode_limited(payload)?;
        black_box(&readings.items);
        Some(use_readings(readings.items.iter().map(|item| (item.sensor, item.value))))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let readings: two::Readings = decode_limited(payload)?;
        black_box(&readings.items);
        let first = readings.items.first().map(|item| (item.sensor, item.value));
        Some(use_two_of_readings(readings.items.len(), first))
    }
}
