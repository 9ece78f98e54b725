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
use rkyv::{Portable, Serialize};

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

/// Each task has packets of its own, as each command of a service has: what is decoded in one place only is compiled
/// into that place.
macro_rules! packets {
    ($task:ident) => {
        #[allow(dead_code, reason = "no task uses all of it")]
        mod $task {
            use rkyv::{Archive, Serialize};

            #[derive(Archive, Serialize)]
            pub(super) struct Ping {
                pub(super) at: u64,
            }

            #[derive(Archive, Serialize)]
            pub(super) struct Login {
                pub(super) uid: u64,
                pub(super) device: u32,
                pub(super) version: u16,
                pub(super) again: bool,
                pub(super) token: [u8; 16],
                pub(super) name: String,
            }

            #[derive(Archive, Serialize)]
            pub(super) struct Profile {
                pub(super) id: u64,
                pub(super) since: u64,
                pub(super) nick: String,
                pub(super) level: u32,
                pub(super) email: String,
                pub(super) region: u16,
                pub(super) visible: bool,
                pub(super) about: String,
                pub(super) verified: bool,
            }

            #[derive(Archive, Serialize)]
            pub(super) struct Reading {
                pub(super) sensor: u16,
                pub(super) value: u32,
            }

            #[derive(Archive, Serialize)]
            pub(super) struct Readings {
                pub(super) items: Vec<Reading>,
            }
        }
    };
}

packets!(all);
packets!(two);

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
    type Packet<'v> = all::Ping;

    fn packet(value: &packets::Ping) -> all::Ping {
        all::Ping { at: value.at }
    }

    fn encode(packet: &all::Ping, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let ping: &all::ArchivedPing = checked(payload)?;
        Some(use_ping(ping.at.to_native()))
    }
}

impl Codec<packets::Login> for Rkyv {
    type Packet<'v> = all::Login;

    fn packet(value: &packets::Login) -> all::Login {
        let packets::Login { uid, device, version, again, token, ref name } = *value;
        all::Login { uid, device, version, again, token, name: name.clone() }
    }

    fn encode(packet: &all::Login, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let all::ArchivedLogin { uid, device, version, again, token, name } = checked(payload)?;
        Some(use_login(uid.to_native(), device.to_native(), version.to_native(), *again, token, name))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let login: &two::ArchivedLogin = checked(payload)?;
        Some(use_two_of_login(login.uid.to_native(), &login.name))
    }
}

impl Codec<packets::Profile> for Rkyv {
    type Packet<'v> = all::Profile;

    fn packet(value: &packets::Profile) -> all::Profile {
        let packets::Profile { id, since, ref nick, level, ref email, region, visible, ref about, verified } =
            *value;
        let (nick, email, about) = (nick.clone(), email.clone(), about.clone());
        all::Profile { id, since, nick, level, email, region, visible, about, verified }
    }

    fn encode(packet: &all::Profile, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let all::ArchivedProfile { id, since, nick, level, email, region, visible, about, verified } =
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
        let profile: &two::ArchivedProfile = checked(payload)?;
        Some(use_two_of_profile(profile.id.to_native(), &profile.about))
    }
}

impl Codec<packets::Readings> for Rkyv {
    type Packet<'v> = all::Readings;

    fn packet(value: &packets::Readings) -> all::Readings {
        let reading = |&packets::Reading { sensor, value }| all::Reading { sensor, value };
        all::Readings { items: value.items.iter().map(reading).collect() }
    }

    fn encode(packet: &all::Readings, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let readings: &all::ArchivedReadings = checked(payload)?;
        let items = readings.items.iter();
        Some(use_readings(items.map(|item| (item.sensor.to_native(), item.value.to_native()))))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let readings: &two::ArchivedReadings = checked(payload)?;
        let first = readings.items.first().map(|item| (item.sensor.to_native(), item.value.to_native()));
        Some(use_two_of_readings(readings.items.len(), first))
    }
}
