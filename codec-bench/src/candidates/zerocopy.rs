//! `zerocopy`: each run of fixed fields is a struct that the bytes are cast to, which checks its bools. It has no form
//! for a length and text behind it, so that part is by hand. The bytes are mario's.

use zerocopy::byteorder::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes, Unaligned};

use super::Candidate;
use crate::packets::{
    self, use_login, use_ping, use_profile, use_readings, use_two_of_login, use_two_of_profile,
    use_two_of_readings,
};
use crate::tasks::{Codec, Heeded, Kit, Packet};

pub(super) const CANDIDATE: Candidate = Candidate {
    name: "zerocopy",
    kits: &[
        (Packet::Ping, Kit::of::<Zerocopy, packets::Ping>()),
        (Packet::Login, Kit::of::<Zerocopy, packets::Login>()),
        (Packet::Profile, Kit::of::<Zerocopy, packets::Profile>()),
        (Packet::List, Kit::of::<Zerocopy, packets::Readings>()),
    ],
};

#[derive(FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
struct Ping {
    at: U64,
}

#[derive(Immutable, IntoBytes, KnownLayout, TryFromBytes, Unaligned)]
#[repr(C)]
struct LoginHead {
    uid: U64,
    device: U32,
    version: U16,
    again: bool,
    token: [u8; 16],
    name_len: U16,
}

#[derive(FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
struct BeforeNick {
    id: U64,
    since: U64,
    nick_len: U16,
}

#[derive(FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
struct BeforeEmail {
    level: U32,
    email_len: U16,
}

#[derive(Immutable, IntoBytes, KnownLayout, TryFromBytes, Unaligned)]
#[repr(C)]
struct BeforeAbout {
    region: U16,
    visible: bool,
    about_len: U16,
}

#[derive(FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
struct Reading {
    sensor: U16,
    value: U32,
}

struct Login<'a> {
    uid: u64,
    device: u32,
    version: u16,
    again: bool,
    token: [u8; 16],
    name: &'a str,
}

/// What text there is, and what is behind it.
#[inline(always)]
fn text(rest: &[u8], len: U16) -> Option<(&str, &[u8])> {
    let (text, rest) = rest.split_at_checked(len.get().into())?;
    Some((str::from_utf8(text).heeded()?, rest))
}

/// Writes a head and the text behind it, and gives what is left.
#[inline(always)]
fn put<'a>(head: &(impl IntoBytes + Immutable), text: &str, out: &'a mut [u8]) -> Option<&'a mut [u8]> {
    let (room, out) = out.split_at_mut_checked(size_of_val(head))?;
    head.write_to(room).heeded()?;
    let (room, out) = out.split_at_mut_checked(text.len())?;
    room.copy_from_slice(text.as_bytes());
    Some(out)
}

#[inline(always)]
fn len(text: &str) -> Option<U16> {
    u16::try_from(text.len()).heeded().map(U16::new)
}

struct Zerocopy;

impl Codec<packets::Ping> for Zerocopy {
    type Packet<'v> = Ping;

    fn packet(value: &packets::Ping) -> Ping {
        Ping { at: value.at.into() }
    }

    fn encode(packet: &Ping, out: &mut [u8]) -> Option<usize> {
        packet.write_to_prefix(out).heeded()?;
        Some(size_of::<Ping>())
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let ping = Ping::ref_from_bytes(payload).heeded()?;
        Some(use_ping(ping.at.get()))
    }
}

impl Codec<packets::Login> for Zerocopy {
    type Packet<'v> = Login<'v>;

    fn packet(value: &packets::Login) -> Login<'_> {
        let packets::Login { uid, device, version, again, token, ref name } = *value;
        Login { uid, device, version, again, token, name }
    }

    fn encode(packet: &Login<'_>, out: &mut [u8]) -> Option<usize> {
        let Login { uid, device, version, again, token, name } = *packet;
        let head = LoginHead {
            uid: uid.into(),
            device: device.into(),
            version: version.into(),
            again,
            token,
            name_len: len(name)?,
        };
        put(&head, name, out)?;
        Some(size_of_val(&head) + name.len())
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let (head, rest) = LoginHead::try_ref_from_prefix(payload).heeded()?;
        let (name, []) = text(rest, head.name_len)? else { return None };
        let LoginHead { uid, device, version, again, token, .. } = head;
        Some(use_login(uid.get(), device.get(), version.get(), *again, token, name))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let (head, rest) = LoginHead::try_ref_from_prefix(payload).heeded()?;
        let (name, []) = text(rest, head.name_len)? else { return None };
        Some(use_two_of_login(head.uid.get(), name))
    }
}

/// The structs that the payload is cast to, and the texts between them.
struct Profile<'a> {
    first: &'a BeforeNick,
    nick: &'a str,
    second: &'a BeforeEmail,
    email: &'a str,
    third: &'a BeforeAbout,
    about: &'a str,
    verified: bool,
}

impl<'a> Profile<'a> {
    #[inline(always)]
    fn decode(payload: &'a [u8]) -> Option<Self> {
        let (first, rest) = BeforeNick::ref_from_prefix(payload).heeded()?;
        let (nick, rest) = text(rest, first.nick_len)?;
        let (second, rest) = BeforeEmail::ref_from_prefix(rest).heeded()?;
        let (email, rest) = text(rest, second.email_len)?;
        let (third, rest) = BeforeAbout::try_ref_from_prefix(rest).heeded()?;
        let (about, rest) = text(rest, third.about_len)?;
        let verified = *bool::try_ref_from_bytes(rest).heeded()?;
        Some(Profile { first, nick, second, email, third, about, verified })
    }
}

impl Codec<packets::Profile> for Zerocopy {
    type Packet<'v> = &'v packets::Profile;

    fn packet(value: &packets::Profile) -> &packets::Profile {
        value
    }

    fn encode(packet: &&packets::Profile, out: &mut [u8]) -> Option<usize> {
        let packets::Profile { id, since, nick, level, email, region, visible, about, verified } = *packet;
        let room = out.len();
        let first = BeforeNick { id: (*id).into(), since: (*since).into(), nick_len: len(nick)? };
        let out = put(&first, nick, out)?;
        let out = put(&BeforeEmail { level: (*level).into(), email_len: len(email)? }, email, out)?;
        let third = BeforeAbout { region: (*region).into(), visible: *visible, about_len: len(about)? };
        let out = put(&third, about, out)?;
        let out = put(verified, "", out)?;
        Some(room - out.len())
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let Profile { first, nick, second, email, third, about, verified } = Profile::decode(payload)?;
        let place = (third.region.get(), third.visible);
        let times = (first.id.get(), first.since.get());
        Some(use_profile(times, nick, second.level.get(), email, place, about, verified))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let Profile { first, about, .. } = Profile::decode(payload)?;
        Some(use_two_of_profile(first.id.get(), about))
    }
}

#[inline(always)]
fn readings(payload: &[u8]) -> Option<&[Reading]> {
    let (count, rest) = U16::ref_from_prefix(payload).heeded()?;
    <[Reading]>::ref_from_bytes_with_elems(rest, count.get().into()).heeded()
}

impl Codec<packets::Readings> for Zerocopy {
    // The items are what travels already: on a little-endian machine there is nothing to convert.
    type Packet<'v> = Vec<Reading>;

    fn packet(value: &packets::Readings) -> Vec<Reading> {
        let reading =
            |&packets::Reading { sensor, value }| Reading { sensor: sensor.into(), value: value.into() };
        value.items.iter().map(reading).collect()
    }

    fn encode(packet: &Vec<Reading>, out: &mut [u8]) -> Option<usize> {
        let count = U16::new(u16::try_from(packet.len()).heeded()?);
        let (head, out) = out.split_at_mut_checked(size_of_val(&count))?;
        count.write_to(head).heeded()?;
        packet.as_bytes().write_to_prefix(out).heeded()?;
        Some(size_of_val(&count) + size_of_val(packet.as_slice()))
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let readings = readings(payload)?;
        Some(use_readings(readings.iter().map(|item| (item.sensor.get(), item.value.get()))))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let readings = readings(payload)?;
        let first = readings.first().map(|item| (item.sensor.get(), item.value.get()));
        Some(use_two_of_readings(readings.len(), first))
    }
}
