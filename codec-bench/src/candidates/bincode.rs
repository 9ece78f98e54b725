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

#[derive(BorrowDecode, Encode)]
struct Ping {
    at: u64,
}

#[derive(BorrowDecode, Encode)]
struct Login<'a> {
    uid: u64,
    device: u32,
    version: u16,
    again: bool,
    token: [u8; 16],
    name: &'a str,
}

#[derive(BorrowDecode, Encode)]
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

#[derive(BorrowDecode, Encode)]
struct Reading {
    sensor: u16,
    value: u32,
}

#[derive(BorrowDecode, Encode)]
struct Readings {
    items: Vec<Reading>,
}

#[inline(always)]
fn decode<'a, P: BorrowDecode<'a, ()>>(payload: &'a [u8]) -> Option<P> {
    let (packet, read) = borrow_decode_from_slice(payload, CONFIG).heeded()?;
    (read == payload.len()).then_some(packet)
}

#[inline(always)]
fn decode_readings(payload: &[u8]) -> Option<Readings> {
    let (readings, read): (Readings, _) = borrow_decode_from_slice(payload, LIMITED).heeded()?;
    black_box(&readings.items);
    (read == payload.len()).then_some(readings)
}

#[inline(always)]
fn encode(packet: &impl Encode, out: &mut [u8]) -> Option<usize> {
    encode_into_slice(packet, out, CONFIG).heeded()
}

struct Bincode;

impl Codec<packets::Ping> for Bincode {
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

impl Codec<packets::Login> for Bincode {
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

impl Codec<packets::Profile> for Bincode {
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

impl Codec<packets::Readings> for Bincode {
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
