//! `#[derive(Packet)]`, as a user writes it.

use std::hint::black_box;

use mario::Packet as DerivePacket;
use mario::proto::{Encode, Encoder, List, decode_packet};

use super::Candidate;
use crate::packets::{
    self, use_login, use_ping, use_profile, use_readings, use_two_of_login, use_two_of_profile,
    use_two_of_readings,
};
use crate::tasks::{Codec, Heeded, Kit, Packet};

pub(super) const CANDIDATE: Candidate = Candidate {
    name: "mario",
    kits: &[
        (Packet::Ping, Kit::of::<Mario, packets::Ping>()),
        (Packet::Login, Kit::of::<Mario, packets::Login>()),
        (Packet::Profile, Kit::of::<Mario, packets::Profile>()),
        (Packet::List, Kit::of::<Mario, packets::Readings>()),
        (Packet::OwnedList, Kit::of::<MarioOwned, packets::Readings>()),
    ],
};

#[derive(DerivePacket)]
struct Ping {
    at: u64,
}

#[derive(DerivePacket)]
struct Login<'a> {
    uid: u64,
    device: u32,
    version: u16,
    again: bool,
    token: [u8; 16],
    name: &'a str,
}

#[derive(DerivePacket)]
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

#[derive(Clone, Copy, DerivePacket)]
struct Reading {
    sensor: u16,
    value: u32,
}

#[derive(DerivePacket)]
struct Readings<'a> {
    items: List<'a, Reading>,
}

#[derive(DerivePacket)]
struct OwnedReadings {
    items: Vec<Reading>,
}

struct Mario;

/// Without the frame's header, which the peers do not have.
#[inline(always)]
fn encode<P: Encode>(packet: &P, out: &mut [u8]) -> Option<usize> {
    let mut out = Encoder::new(out);
    packet.encode(&mut out).heeded()?;
    Some(out.written())
}

impl Codec<packets::Ping> for Mario {
    type Packet<'v> = Ping;

    fn packet(value: &packets::Ping) -> Ping {
        Ping { at: value.at }
    }

    fn encode(packet: &Ping, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let ping: Ping = decode_packet(payload).heeded()?;
        Some(use_ping(ping.at))
    }
}

impl Codec<packets::Login> for Mario {
    type Packet<'v> = Login<'v>;

    fn packet(value: &packets::Login) -> Login<'_> {
        let packets::Login { uid, device, version, again, token, ref name } = *value;
        Login { uid, device, version, again, token, name }
    }

    fn encode(packet: &Login<'_>, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let Login { uid, device, version, again, token, name } = decode_packet(payload).heeded()?;
        Some(use_login(uid, device, version, again, &token, name))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let login: Login<'_> = decode_packet(payload).heeded()?;
        Some(use_two_of_login(login.uid, login.name))
    }
}

impl Codec<packets::Profile> for Mario {
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
        let Profile { id, since, nick, level, email, region, visible, about, verified } =
            decode_packet(payload).heeded()?;
        Some(use_profile((id, since), nick, level, email, (region, visible), about, verified))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let profile: Profile<'_> = decode_packet(payload).heeded()?;
        Some(use_two_of_profile(profile.id, profile.about))
    }
}

impl Codec<packets::Readings> for Mario {
    type Packet<'v> = OwnedReadings;

    // A `List` made of a slice is for who has the items at hand; encoding both is the same.
    fn packet(value: &packets::Readings) -> OwnedReadings {
        OwnedReadings::new(value)
    }

    fn encode(packet: &OwnedReadings, out: &mut [u8]) -> Option<usize> {
        let items = List::from(&packet.items[..]);
        encode(&Readings { items }, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let readings: Readings<'_> = decode_packet(payload).heeded()?;
        Some(use_readings(readings.items.iter().map(|item| (item.sensor, item.value))))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let readings: Readings<'_> = decode_packet(payload).heeded()?;
        let first = readings.items.iter().next().map(|item| (item.sensor, item.value));
        Some(use_two_of_readings(readings.items.len(), first))
    }
}

impl OwnedReadings {
    fn new(value: &packets::Readings) -> Self {
        let item = |item: &packets::Reading| Reading { sensor: item.sensor, value: item.value };
        OwnedReadings { items: value.items.iter().map(item).collect() }
    }
}

struct MarioOwned;

impl Codec<packets::Readings> for MarioOwned {
    type Packet<'v> = OwnedReadings;

    fn packet(value: &packets::Readings) -> OwnedReadings {
        OwnedReadings::new(value)
    }

    fn encode(packet: &OwnedReadings, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let readings: OwnedReadings = decode_packet(payload).heeded()?;
        black_box(&readings.items);
        Some(use_readings(readings.items.iter().map(|item| (item.sensor, item.value))))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let readings: OwnedReadings = decode_packet(payload).heeded()?;
        black_box(&readings.items);
        let first = readings.items.first().map(|item| (item.sensor, item.value));
        Some(use_two_of_readings(readings.items.len(), first))
    }
}
