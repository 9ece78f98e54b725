//! `rkyv` behind its full check, unaligned, as a payload in a read buffer is. Layouts are its own: a packet's root is at
//! its end, text and lists are relative pointers. What is in front of the packet is not looked at, so bytes too many are
//! refused only where they make pointers wrong.
//!
//! Its error is the empty one, which is its fastest.

use std::mem::MaybeUninit;

use rkyv::api::low::{LowSerializer, LowValidator, access, to_bytes_in_with_alloc};
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::Failure;
use rkyv::ser::allocator::SubAllocator;
use rkyv::ser::writer::Buffer;
use rkyv::{Archive, Portable, Serialize};

use super::Candidate;
use crate::packets::{
    self, use_login, use_ping, use_profile, use_readings, use_two_of_login, use_two_of_profile,
    use_two_of_readings,
};
use crate::tasks::{Codec, Heeded, Kit, Packet};

pub(super) const CANDIDATE: Candidate = Candidate {
    name: "rkyv",
    kits: &[
        (Packet::Ping, Kit::of::<Rkyv, packets::Ping>()),
        (Packet::Login, Kit::of::<Rkyv, packets::Login>()),
        (Packet::Profile, Kit::of::<Rkyv, packets::Profile>()),
        (Packet::List, Kit::of::<Rkyv, packets::Readings>()),
    ],
};

#[derive(Archive, Serialize)]
struct Ping {
    at: u64,
}

#[derive(Archive, Serialize)]
struct Login {
    uid: u64,
    device: u32,
    version: u16,
    again: bool,
    token: [u8; 16],
    name: String,
}

#[derive(Archive, Serialize)]
struct Profile {
    id: u64,
    since: u64,
    nick: String,
    level: u32,
    email: String,
    region: u16,
    visible: bool,
    about: String,
    verified: bool,
}

#[derive(Archive, Serialize)]
struct Reading {
    sensor: u16,
    value: u32,
}

#[derive(Archive, Serialize)]
struct Readings {
    items: Vec<Reading>,
}

#[inline(always)]
fn checked<P>(payload: &[u8]) -> Option<&P>
where
    P: Portable + for<'a> CheckBytes<LowValidator<'a, Failure>>,
{
    access::<P, Failure>(payload).heeded()
}

#[inline(always)]
fn encode<P>(packet: &P, out: &mut [u8]) -> Option<usize>
where
    P: for<'o, 's> Serialize<LowSerializer<Buffer<'o>, SubAllocator<'s>, Failure>>,
{
    // Where a list would keep the positions of its items' own texts; these packets need none of it.
    let mut scratch = [MaybeUninit::uninit(); 256];
    let written = to_bytes_in_with_alloc(packet, Buffer::from(out), SubAllocator::new(&mut scratch));
    written.heeded().map(|written| written.len())
}

struct Rkyv;

impl Codec<packets::Ping> for Rkyv {
    type Packet<'v> = Ping;

    fn packet(value: &packets::Ping) -> Ping {
        Ping { at: value.at }
    }

    fn encode(packet: &Ping, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let ping: &ArchivedPing = checked(payload)?;
        Some(use_ping(ping.at.to_native()))
    }
}

impl Codec<packets::Login> for Rkyv {
    type Packet<'v> = Login;

    fn packet(value: &packets::Login) -> Login {
        let packets::Login { uid, device, version, again, token, ref name } = *value;
        Login { uid, device, version, again, token, name: name.clone() }
    }

    fn encode(packet: &Login, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let ArchivedLogin { uid, device, version, again, token, name } = checked(payload)?;
        Some(use_login(uid.to_native(), device.to_native(), version.to_native(), *again, token, name))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let login: &ArchivedLogin = checked(payload)?;
        Some(use_two_of_login(login.uid.to_native(), &login.name))
    }
}

impl Codec<packets::Profile> for Rkyv {
    type Packet<'v> = Profile;

    fn packet(value: &packets::Profile) -> Profile {
        let packets::Profile { id, since, ref nick, level, ref email, region, visible, ref about, verified } =
            *value;
        let (nick, email, about) = (nick.clone(), email.clone(), about.clone());
        Profile { id, since, nick, level, email, region, visible, about, verified }
    }

    fn encode(packet: &Profile, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let ArchivedProfile { id, since, nick, level, email, region, visible, about, verified } =
            checked(payload)?;
        let times = (id.to_native(), since.to_native());
        Some(use_profile(
            times,
            nick,
            level.to_native(),
            email,
            (region.to_native(), *visible),
            about,
            *verified,
        ))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let profile: &ArchivedProfile = checked(payload)?;
        Some(use_two_of_profile(profile.id.to_native(), &profile.about))
    }
}

impl Codec<packets::Readings> for Rkyv {
    type Packet<'v> = Readings;

    fn packet(value: &packets::Readings) -> Readings {
        let reading = |&packets::Reading { sensor, value }| Reading { sensor, value };
        Readings { items: value.items.iter().map(reading).collect() }
    }

    fn encode(packet: &Readings, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let readings: &ArchivedReadings = checked(payload)?;
        let items = readings.items.iter();
        Some(use_readings(items.map(|item| (item.sensor.to_native(), item.value.to_native()))))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let readings: &ArchivedReadings = checked(payload)?;
        let first = readings.items.first().map(|item| (item.sensor.to_native(), item.value.to_native()));
        Some(use_two_of_readings(readings.items.len(), first))
    }
}
