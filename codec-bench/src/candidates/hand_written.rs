//! mario's wire by hand: safe code as careful as it can be, which refuses what mario refuses.
//!
//! Each run of fixed fields is checked once, the length prefix behind it included; no way leads to a panic; an error
//! says what is wrong, in which field and where.

use std::hint::black_box;

use super::Candidate;
use crate::packets::{
    self, use_login, use_ping, use_profile, use_readings, use_short_login, use_two_of_login,
    use_two_of_profile, use_two_of_readings,
};
use crate::tasks::{Codec, Dispatch, Heeded, Kit, LOGIN, Packet};
use crate::warm::HEADER;

pub(super) const CANDIDATE: Candidate = Candidate {
    name: "hand-written",
    kits: &[
        (Packet::Ping, Kit::of::<HandWritten, packets::Ping>()),
        (Packet::ShortLogin, Kit::of::<HandWritten, packets::ShortLogin>().with_dispatch(ShortServer::boxed)),
        (Packet::Login, Kit::of::<HandWritten, packets::Login>().with_dispatch(Server::boxed)),
        (Packet::Profile, Kit::of::<HandWritten, packets::Profile>()),
        (Packet::List, Kit::of::<HandWritten, packets::Readings>()),
        (Packet::OwnedList, Kit::of::<HandWrittenOwned, packets::Readings>()),
    ],
};

#[derive(Clone, Copy, Debug)]
#[expect(dead_code, reason = "an error is made to be shown, and nobody looks at these")]
struct Error {
    kind: Kind,
    field: &'static str,
    offset: usize,
}

#[derive(Clone, Copy, Debug)]
#[expect(dead_code, reason = "an error is made to be shown, and nobody looks at these")]
enum Kind {
    Truncated,
    LeftOver(usize),
    NotBool(u8),
    NotUtf8,
    TooLong(usize),
    Full,
}

impl Kind {
    #[inline(always)]
    fn of(self, field: &'static str, offset: usize) -> Error {
        Error { kind: self, field, offset }
    }
}

struct Ping {
    at: u64,
}

impl Ping {
    #[inline(always)]
    fn decode(payload: &[u8]) -> Result<Self, Error> {
        let Some((at, rest)) = payload.split_first_chunk() else {
            return Err(Kind::Truncated.of("at", 0));
        };
        finish(rest, payload)?;
        Ok(Ping { at: u64::from_le_bytes(*at) })
    }

    #[inline(always)]
    fn encode(&self, out: &mut [u8]) -> Result<usize, Error> {
        let room = out.first_chunk_mut().ok_or(Kind::Full.of("at", 0))?;
        *room = self.at.to_le_bytes();
        Ok(room.len())
    }
}

struct ShortLogin {
    uid: u16,
}

impl ShortLogin {
    #[inline(always)]
    fn decode(payload: &[u8]) -> Result<Self, Error> {
        let Some((uid, rest)) = payload.split_first_chunk() else {
            return Err(Kind::Truncated.of("uid", 0));
        };
        finish(rest, payload)?;
        Ok(ShortLogin { uid: u16::from_le_bytes(*uid) })
    }

    #[inline(always)]
    fn encode(&self, out: &mut [u8]) -> Result<usize, Error> {
        let room = out.first_chunk_mut().ok_or(Kind::Full.of("uid", 0))?;
        *room = self.uid.to_le_bytes();
        Ok(room.len())
    }
}

/// The bytes of a login before its name.
const LOGIN_HEAD: usize = 33;

struct Login<'a> {
    uid: u64,
    device: u32,
    version: u16,
    again: bool,
    token: [u8; 16],
    name: &'a str,
}

impl<'a> Login<'a> {
    #[inline(always)]
    fn decode(payload: &'a [u8]) -> Result<Self, Error> {
        let Some((head, rest)) = payload.split_first_chunk::<LOGIN_HEAD>() else {
            return Err(Kind::Truncated.of("uid", 0));
        };
        let again = flag(head[14], "again", 14)?;
        let (name, rest) = text(rest, at(head, 31), "name", payload)?;
        finish(rest, payload)?;
        Ok(Login {
            uid: u64::from_le_bytes(at(head, 0)),
            device: u32::from_le_bytes(at(head, 8)),
            version: u16::from_le_bytes(at(head, 12)),
            again,
            token: at(head, 15),
            name,
        })
    }

    #[inline(always)]
    fn encode(&self, out: &mut [u8]) -> Result<usize, Error> {
        let name_len = prefix(self.name.len(), "name")?;
        let len = LOGIN_HEAD + self.name.len();
        let room = out.get_mut(..len).ok_or(Kind::Full.of("uid", 0))?;
        let (head, name) = room.split_first_chunk_mut::<LOGIN_HEAD>().ok_or(Kind::Full.of("uid", 0))?;
        head[..8].copy_from_slice(&self.uid.to_le_bytes());
        head[8..12].copy_from_slice(&self.device.to_le_bytes());
        head[12..14].copy_from_slice(&self.version.to_le_bytes());
        head[14] = self.again.into();
        head[15..31].copy_from_slice(&self.token);
        head[31..].copy_from_slice(&name_len);
        name.copy_from_slice(self.name.as_bytes());
        Ok(len)
    }
}

/// The bytes of a profile before each of its texts.
const BEFORE_NICK: usize = 18;
const BEFORE_EMAIL: usize = 6;
const BEFORE_ABOUT: usize = 5;

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

impl<'a> Profile<'a> {
    #[inline(always)]
    fn decode(payload: &'a [u8]) -> Result<Self, Error> {
        let Some((first, rest)) = payload.split_first_chunk::<BEFORE_NICK>() else {
            return Err(Kind::Truncated.of("id", 0));
        };
        let (nick, rest) = text(rest, at(first, 16), "nick", payload)?;
        let Some((second, rest)) = rest.split_first_chunk::<BEFORE_EMAIL>() else {
            return Err(Kind::Truncated.of("level", payload.len() - rest.len()));
        };
        let (email, rest) = text(rest, at(second, 4), "email", payload)?;
        let Some((third, rest)) = rest.split_first_chunk::<BEFORE_ABOUT>() else {
            return Err(Kind::Truncated.of("region", payload.len() - rest.len()));
        };
        let visible = flag(third[2], "visible", payload.len() - rest.len() - 3)?;
        let (about, rest) = text(rest, at(third, 3), "about", payload)?;
        let Some((verified, rest)) = rest.split_first() else {
            return Err(Kind::Truncated.of("verified", payload.len() - rest.len()));
        };
        let verified = flag(*verified, "verified", payload.len() - rest.len() - 1)?;
        finish(rest, payload)?;
        Ok(Profile {
            id: u64::from_le_bytes(at(first, 0)),
            since: u64::from_le_bytes(at(first, 8)),
            nick,
            level: u32::from_le_bytes(at(second, 0)),
            email,
            region: u16::from_le_bytes(at(third, 0)),
            visible,
            about,
            verified,
        })
    }

    #[inline(always)]
    fn encode(&self, out: &mut [u8]) -> Result<usize, Error> {
        let nick_len = prefix(self.nick.len(), "nick")?;
        let email_len = prefix(self.email.len(), "email")?;
        let about_len = prefix(self.about.len(), "about")?;
        let room = out.len();

        let full = Kind::Full.of("id", 0);
        let (first, out) = out.split_first_chunk_mut::<BEFORE_NICK>().ok_or(full)?;
        first[..8].copy_from_slice(&self.id.to_le_bytes());
        first[8..16].copy_from_slice(&self.since.to_le_bytes());
        first[16..].copy_from_slice(&nick_len);
        let (nick, out) = out.split_at_mut_checked(self.nick.len()).ok_or(full)?;
        nick.copy_from_slice(self.nick.as_bytes());

        let (second, out) = out.split_first_chunk_mut::<BEFORE_EMAIL>().ok_or(full)?;
        second[..4].copy_from_slice(&self.level.to_le_bytes());
        second[4..].copy_from_slice(&email_len);
        let (email, out) = out.split_at_mut_checked(self.email.len()).ok_or(full)?;
        email.copy_from_slice(self.email.as_bytes());

        let (third, out) = out.split_first_chunk_mut::<BEFORE_ABOUT>().ok_or(full)?;
        third[..2].copy_from_slice(&self.region.to_le_bytes());
        third[2] = self.visible.into();
        third[3..].copy_from_slice(&about_len);
        let (about, out) = out.split_at_mut_checked(self.about.len()).ok_or(full)?;
        about.copy_from_slice(self.about.as_bytes());

        let ([verified], out) = out.split_first_chunk_mut().ok_or(full)?;
        *verified = self.verified.into();
        Ok(room - out.len())
    }
}

#[derive(Clone, Copy)]
struct Reading {
    sensor: u16,
    value: u32,
}

impl Reading {
    const LEN: usize = 6;

    #[inline(always)]
    fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        Reading { sensor: u16::from_le_bytes(at(bytes, 0)), value: u32::from_le_bytes(at(bytes, 2)) }
    }

    #[inline(always)]
    fn write(self, room: &mut [u8; Self::LEN]) {
        room[..2].copy_from_slice(&self.sensor.to_le_bytes());
        room[2..].copy_from_slice(&self.value.to_le_bytes());
    }
}

/// The items, as bytes.
struct Readings<'a>(&'a [[u8; Reading::LEN]]);

impl<'a> Readings<'a> {
    #[inline(always)]
    fn decode(payload: &'a [u8]) -> Result<Self, Error> {
        let Some((count, rest)) = payload.split_first_chunk() else {
            return Err(Kind::Truncated.of("items", 0));
        };
        let len = usize::from(u16::from_le_bytes(*count)) * Reading::LEN;
        let Some((items, rest)) = rest.split_at_checked(len) else {
            return Err(Kind::Truncated.of("items", count.len()));
        };
        finish(rest, payload)?;
        Ok(Readings(items.as_chunks().0))
    }

    #[inline(always)]
    fn iter(&self) -> impl ExactSizeIterator<Item = Reading> {
        self.0.iter().map(Reading::from_bytes)
    }

    #[inline(always)]
    fn encode(items: &[Reading], out: &mut [u8]) -> Result<usize, Error> {
        let count = prefix(items.len(), "items")?;
        let len = count.len() + items.len() * Reading::LEN;
        let room = out.get_mut(..len).ok_or(Kind::Full.of("items", 0))?;
        let (head, room) = room.split_first_chunk_mut().ok_or(Kind::Full.of("items", 0))?;
        *head = count;
        for (item, room) in items.iter().zip(room.as_chunks_mut().0) {
            item.write(room);
        }
        Ok(len)
    }
}

/// `N` bytes of `bytes`; where both numbers are constant nothing is checked.
#[inline(always)]
fn at<const N: usize>(bytes: &[u8], from: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[from..from + N]);
    array
}

#[inline(always)]
fn flag(byte: u8, field: &'static str, offset: usize) -> Result<bool, Error> {
    match byte {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Kind::NotBool(byte).of(field, offset)),
    }
}

/// The text at the start of `rest`, and what is behind it.
#[inline(always)]
fn text<'a>(
    rest: &'a [u8],
    len: [u8; 2],
    field: &'static str,
    payload: &[u8],
) -> Result<(&'a str, &'a [u8]), Error> {
    let offset = payload.len() - rest.len();
    let Some((text, rest)) = rest.split_at_checked(u16::from_le_bytes(len).into()) else {
        return Err(Kind::Truncated.of(field, offset));
    };
    match str::from_utf8(text) {
        Ok(text) => Ok((text, rest)),
        Err(_) => Err(Kind::NotUtf8.of(field, offset)),
    }
}

#[inline(always)]
fn finish(rest: &[u8], payload: &[u8]) -> Result<(), Error> {
    if rest.is_empty() { Ok(()) } else { Err(Kind::LeftOver(rest.len()).of("", payload.len() - rest.len())) }
}

#[inline(always)]
fn prefix(len: usize, field: &'static str) -> Result<[u8; 2], Error> {
    u16::try_from(len).map(u16::to_le_bytes).map_err(|_| Kind::TooLong(len).of(field, 0))
}

struct HandWritten;

impl Codec<packets::Ping> for HandWritten {
    type Packet<'v> = Ping;

    fn packet(value: &packets::Ping) -> Ping {
        Ping { at: value.at }
    }

    fn encode(packet: &Ping, out: &mut [u8]) -> Option<usize> {
        packet.encode(out).heeded()
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        Some(use_ping(Ping::decode(payload).heeded()?.at))
    }
}

impl Codec<packets::ShortLogin> for HandWritten {
    type Packet<'v> = ShortLogin;

    fn packet(value: &packets::ShortLogin) -> ShortLogin {
        ShortLogin { uid: value.uid }
    }

    fn encode(packet: &ShortLogin, out: &mut [u8]) -> Option<usize> {
        packet.encode(out).heeded()
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        Some(use_short_login(ShortLogin::decode(payload).heeded()?.uid))
    }
}

impl Codec<packets::Login> for HandWritten {
    type Packet<'v> = Login<'v>;

    fn packet(value: &packets::Login) -> Login<'_> {
        let packets::Login { uid, device, version, again, token, ref name } = *value;
        Login { uid, device, version, again, token, name }
    }

    fn encode(packet: &Login<'_>, out: &mut [u8]) -> Option<usize> {
        packet.encode(out).heeded()
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let Login { uid, device, version, again, token, name } = Login::decode(payload).heeded()?;
        Some(use_login(uid, device, version, again, &token, name))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let login = Login::decode(payload).heeded()?;
        Some(use_two_of_login(login.uid, login.name))
    }
}

impl Codec<packets::Profile> for HandWritten {
    type Packet<'v> = Profile<'v>;

    fn packet(value: &packets::Profile) -> Profile<'_> {
        let packets::Profile { id, since, ref nick, level, ref email, region, visible, ref about, verified } =
            *value;
        Profile { id, since, nick, level, email, region, visible, about, verified }
    }

    fn encode(packet: &Profile<'_>, out: &mut [u8]) -> Option<usize> {
        packet.encode(out).heeded()
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let Profile { id, since, nick, level, email, region, visible, about, verified } =
            Profile::decode(payload).heeded()?;
        Some(use_profile((id, since), nick, level, email, (region, visible), about, verified))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let profile = Profile::decode(payload).heeded()?;
        Some(use_two_of_profile(profile.id, profile.about))
    }
}

impl Codec<packets::Readings> for HandWritten {
    type Packet<'v> = Vec<Reading>;

    fn packet(value: &packets::Readings) -> Vec<Reading> {
        value.items.iter().map(|&packets::Reading { sensor, value }| Reading { sensor, value }).collect()
    }

    fn encode(packet: &Vec<Reading>, out: &mut [u8]) -> Option<usize> {
        Readings::encode(packet, out).heeded()
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let readings = Readings::decode(payload).heeded()?;
        Some(use_readings(readings.iter().map(|item| (item.sensor, item.value))))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let readings = Readings::decode(payload).heeded()?;
        let first = readings.iter().next().map(|item| (item.sensor, item.value));
        Some(use_two_of_readings(readings.iter().len(), first))
    }
}

struct HandWrittenOwned;

impl HandWrittenOwned {
    #[inline(always)]
    fn decode(payload: &[u8]) -> Result<Vec<Reading>, Error> {
        Ok(Readings::decode(payload)?.iter().collect())
    }
}

impl Codec<packets::Readings> for HandWrittenOwned {
    type Packet<'v> = Vec<Reading>;

    fn packet(value: &packets::Readings) -> Vec<Reading> {
        HandWritten::packet(value)
    }

    fn encode(packet: &Vec<Reading>, out: &mut [u8]) -> Option<usize> {
        Readings::encode(packet, out).heeded()
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let readings = Self::decode(payload).heeded()?;
        black_box(&readings);
        Some(use_readings(readings.iter().map(|item| (item.sensor, item.value))))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let readings = Self::decode(payload).heeded()?;
        black_box(&readings);
        let first = readings.first().map(|item| (item.sensor, item.value));
        Some(use_two_of_readings(readings.len(), first))
    }
}

/// A service that knows its commands, one connection's session, and the buffer for replies.
struct Server {
    session: u64,
    out: Vec<u8>,
}

const LOGOUT: u16 = 0x6201;

/// The header and the reply to a login.
const WELCOME: usize = 18;

impl Server {
    fn boxed() -> Box<dyn Dispatch> {
        Box::new(Server { session: 0, out: vec![0; 1 << 16] })
    }

    #[inline(always)]
    fn log_in(&mut self, payload: &[u8]) -> Result<usize, Error> {
        let Login { uid, device, version, again, token, name } = Login::decode(payload)?;
        self.session = use_login(uid, device, version, again, &token, name);
        let reply: &mut [u8; WELCOME] = self.out.first_chunk_mut().ok_or(Kind::Full.of("session", 0))?;
        reply[..4].copy_from_slice(&u32::MAX.to_le_bytes());
        reply[4..6].copy_from_slice(&(WELCOME as u16).to_le_bytes());
        reply[6..8].copy_from_slice(&LOGIN.to_le_bytes());
        reply[8..16].copy_from_slice(&self.session.to_le_bytes());
        reply[16..].copy_from_slice(&version.to_le_bytes());
        Ok(WELCOME)
    }
}

impl Dispatch for Server {
    #[inline(never)]
    fn dispatch(&mut self, command: u16, payload: &[u8]) -> Option<usize> {
        match command {
            LOGIN => self.log_in(payload).heeded(),
            LOGOUT if payload.is_empty() => {
                self.session = 0;
                Some(0)
            }
            _ => None,
        }
    }
}

/// The same for short logins.
struct ShortServer {
    session: u64,
    out: Vec<u8>,
}

impl ShortServer {
    fn boxed() -> Box<dyn Dispatch> {
        Box::new(ShortServer { session: 0, out: vec![0; 1 << 16] })
    }

    #[inline(always)]
    fn log_in(&mut self, payload: &[u8]) -> Result<usize, Error> {
        self.session = use_short_login(ShortLogin::decode(payload)?.uid);
        let reply: &mut [u8; HEADER] = self.out.first_chunk_mut().ok_or(Kind::Full.of("uid", 0))?;
        reply[..4].copy_from_slice(&u32::MAX.to_le_bytes());
        reply[4..6].copy_from_slice(&(HEADER as u16).to_le_bytes());
        reply[6..].copy_from_slice(&LOGIN.to_le_bytes());
        Ok(HEADER)
    }
}

impl Dispatch for ShortServer {
    #[inline(never)]
    fn dispatch(&mut self, command: u16, payload: &[u8]) -> Option<usize> {
        match command {
            LOGIN => self.log_in(payload).heeded(),
            LOGOUT if payload.is_empty() => {
                self.session = 0;
                Some(0)
            }
            _ => None,
        }
    }
}
