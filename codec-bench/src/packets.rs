//! The values that every candidate sends and reads, and what a use of them is.
//!
//! A use is a number that each of the used fields goes into. So a field that is not read, or read wrongly, is seen; and
//! the compiler can leave none out.

use fastrand::Rng;

/// How many readings a list has.
pub const READINGS: usize = 64;

/// A number: 8 bytes on mario's wire.
#[derive(Debug)]
pub struct Ping {
    pub at: u64,
}

/// The login of the first clients of this wire: 2 bytes.
#[derive(Debug)]
pub struct ShortLogin {
    pub uid: u16,
}

/// Numbers, a flag, a token and a name: 48 bytes.
#[derive(Debug)]
pub struct Login {
    pub uid: u64,
    pub device: u32,
    pub version: u16,
    pub again: bool,
    pub token: [u8; 16],
    pub name: String,
}

/// Three texts with numbers before, between and behind them: 200 bytes.
#[derive(Debug)]
pub struct Profile {
    pub id: u64,
    pub since: u64,
    pub nick: String,
    pub level: u32,
    pub email: String,
    pub region: u16,
    pub visible: bool,
    pub about: String,
    pub verified: bool,
}

/// A list of 64 items of 6 bytes each.
#[derive(Debug)]
pub struct Readings {
    pub items: Vec<Reading>,
}

/// An item of the list.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    pub sensor: u16,
    pub value: u32,
}

/// One value of each packet.
#[derive(Debug)]
pub struct Values {
    pub ping: Ping,
    pub short_login: ShortLogin,
    pub login: Login,
    pub profile: Profile,
    pub readings: Readings,
}

impl Values {
    /// Whatever `rng` gives, but always as long.
    pub fn random(rng: &mut Rng) -> Self {
        Values {
            ping: Ping { at: rng.u64(..) },
            short_login: ShortLogin { uid: rng.u16(..) },
            login: Login {
                uid: rng.u64(..),
                device: rng.u32(..),
                version: rng.u16(..),
                again: rng.bool(),
                token: rng.u128(..).to_le_bytes(),
                name: text(rng, 15),
            },
            profile: Profile {
                id: rng.u64(..),
                since: rng.u64(..),
                nick: text(rng, 16),
                level: rng.u32(..),
                email: text(rng, 30),
                region: rng.u16(..),
                visible: rng.bool(),
                about: text(rng, 124),
                verified: rng.bool(),
            },
            readings: Readings {
                items: (0..READINGS).map(|_| Reading { sensor: rng.u16(..), value: rng.u32(..) }).collect(),
            },
        }
    }
}

fn text(rng: &mut Rng, len: usize) -> String {
    (0..len).map(|_| rng.alphanumeric()).collect()
}

/// A packet's value, found among the others.
pub trait Value: 'static {
    /// The value of this packet.
    fn of(values: &Values) -> &Self;
}

macro_rules! values {
    ($($packet:ident: $field:ident,)*) => {$(
        impl Value for $packet {
            fn of(values: &Values) -> &Self {
                &values.$field
            }
        }
    )*};
}

values! {
    Ping: ping,
    ShortLogin: short_login,
    Login: login,
    Profile: profile,
    Readings: readings,
}

#[inline(always)]
pub fn use_ping(at: u64) -> u64 {
    Use(0).number(at).0
}

#[inline(always)]
pub fn use_short_login(uid: u16) -> u64 {
    Use(0).number(uid.into()).0
}

#[inline(always)]
pub fn use_login(uid: u64, device: u32, version: u16, again: bool, token: &[u8; 16], name: &str) -> u64 {
    let token = u128::from_le_bytes(*token);
    Use(uid)
        .number(device.into())
        .number(version.into())
        .number(again.into())
        .number(token as u64)
        .number((token >> 64) as u64)
        .text(name)
        .0
}

#[inline(always)]
pub fn use_two_of_login(uid: u64, name: &str) -> u64 {
    Use(uid).text(name).0
}

#[inline(always)]
pub fn use_profile(
    (id, since): (u64, u64),
    nick: &str,
    level: u32,
    email: &str,
    (region, visible): (u16, bool),
    about: &str,
    verified: bool,
) -> u64 {
    Use(id)
        .number(since)
        .text(nick)
        .number(level.into())
        .text(email)
        .number(region.into())
        .number(visible.into())
        .text(about)
        .number(verified.into())
        .0
}

#[inline(always)]
pub fn use_two_of_profile(id: u64, about: &str) -> u64 {
    Use(id).text(about).0
}

#[inline(always)]
pub fn use_readings(items: impl Iterator<Item = (u16, u32)>) -> u64 {
    items.fold(Use(0), |sum, (sensor, value)| sum.number(u64::from(sensor) << 32 | u64::from(value))).0
}

#[inline(always)]
pub fn use_two_of_readings(len: usize, first: Option<(u16, u32)>) -> u64 {
    let (sensor, value) = first.unwrap_or_default();
    Use(len as u64).number(sensor.into()).number(value.into()).0
}

/// What was used so far.
struct Use(u64);

impl Use {
    /// The order counts, so that no field is taken for another.
    #[inline(always)]
    fn number(self, number: u64) -> Self {
        Use(self.0.rotate_left(7) ^ number)
    }

    /// Where text starts, how long it is, and its first byte: enough to need the text, too little to measure a hash.
    #[inline(always)]
    fn text(self, text: &str) -> Self {
        let first = text.as_bytes().first().copied().unwrap_or_default();
        self.number(text.len() as u64).number(first.into())
    }
}
