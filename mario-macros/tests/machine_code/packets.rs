//! Representative packets and their codecs, compiled by `tests/machine_code.rs` to look at the machine code.

#![allow(missing_docs)]

use mario_macros::Packet;
use mario_proto::{DecodeError, EncodeError, List, decode_packet, encode_frame};

#[derive(Packet)]
#[mario(crate = mario_proto)]
pub struct Ping {
    pub at: u64,
}

#[derive(Clone, Packet)]
#[mario(crate = mario_proto)]
pub struct Position {
    pub x: i32,
    pub y: i32,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[repr(u8)]
pub enum Event<'a> {
    Idle,
    Moved(Position),
    Said {
        text: &'a str,
        loud: bool,
    },
    #[mario(other)]
    Unknown(u8, #[mario(rest)] &'a [u8]),
}

/// A prefix of fixed fields, a string, and more behind it.
#[derive(Packet)]
#[mario(crate = mario_proto)]
pub struct Login<'a> {
    pub uid: u32,
    pub session: u64,
    pub key: [u8; 16],
    pub at: Position,
    pub again: bool,
    pub version: u16,
    pub name: &'a str,
    pub locale: [u16; 2],
}

/// Items in memory of their own: some that no bytes can fail, and some that may.
#[derive(Packet)]
#[mario(crate = mario_proto)]
pub struct Route {
    pub positions: Vec<Position>,
    pub marks: Vec<Mark>,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
pub struct Mark {
    pub at: u16,
    pub reached: bool,
}

/// All that is owned.
#[derive(Packet)]
#[mario(crate = mario_proto)]
pub struct Owned {
    pub name: String,
    pub key: Vec<u8>,
    pub words: Vec<String>,
    pub maybe: Option<String>,
    #[mario(c_text = 12)]
    pub nick: String,
    /// An array that is of no fixed size.
    pub pair: [String; 2],
    pub choices: Vec<Option<Position>>,
    #[mario(rest, max = 64)]
    pub marks: Vec<Mark>,
}

/// Lists of which the items are written in another way than by their type.
#[derive(Packet)]
#[mario(crate = mario_proto, big_endian)]
pub struct Network {
    pub id: u64,
    pub numbers: Vec<u32>,
    pub pairs: Vec<[u16; 2]>,
    pub ports: [u16; 4],
    #[mario(rest)]
    pub wide: Vec<u128>,
}

/// What is more than its number, or less.
#[derive(Packet)]
#[mario(crate = mario_proto)]
pub struct Rules {
    #[mario(bits = u16)]
    pub rights: Rights,
    #[mario(via = u32, big_endian)]
    pub from: std::net::Ipv4Addr,
    #[mario(check = is_short)]
    pub name: String,
    #[mario(rest)]
    pub tail: String,
}

/// A set of flags, as the crate `bitflags` makes them.
#[derive(Clone, Copy)]
pub struct Rights(u16);

impl Rights {
    #[must_use]
    pub const fn bits(&self) -> u16 {
        self.0
    }

    #[must_use]
    pub const fn from_bits(bits: u16) -> Option<Self> {
        if bits < 8 { Some(Self(bits)) } else { None }
    }
}

fn is_short(name: &str) -> bool {
    name.len() < 20
}

/// Whatever else there is that needs no memory.
#[derive(Packet)]
#[mario(crate = mario_proto, check = Self::is_valid, extensible)]
pub struct Everything<'a> {
    #[mario(big_endian)]
    pub port: u16,
    #[mario(c_text = 12)]
    pub nick: &'a str,
    #[mario(prefix = u8, max = 20)]
    pub name: &'a str,
    #[mario(range = 1..=9)]
    pub level: u8,
    pub address: &'a [u8; 6],
    pub maybe: Option<Position>,
    pub flags: [bool; 4],
    pub positions: List<'a, Position>,
    #[mario(prefix = u32)]
    pub words: List<'a, &'a str>,
    #[mario(since = 2, default)]
    pub since: u32,
}

impl Everything<'_> {
    fn is_valid(&self) -> bool {
        self.port != 0
    }
}

macro_rules! codecs {
    ($($packet:ty: $decode:ident $encode:ident;)*) => {$(
        #[inline(never)]
        pub fn $decode(payload: &[u8]) -> Result<$packet, DecodeError> {
            decode_packet(payload)
        }

        #[inline(never)]
        pub fn $encode(packet: &$packet, out: &mut [u8]) -> Result<usize, EncodeError> {
            encode_frame(1, 2, packet, out)
        }
    )*};
}

codecs! {
    Ping: decode_ping encode_ping;
    Event<'_>: decode_event encode_event;
    Login<'_>: decode_login encode_login;
    Route: decode_route encode_route;
    Owned: decode_owned encode_owned;
    Network: decode_network encode_network;
    Rules: decode_rules encode_rules;
    Everything<'_>: decode_everything encode_everything;
}

#[inline(never)]
pub fn use_everything(everything: &Everything<'_>) -> usize {
    let words: usize = everything.words.iter().map(str::len).sum();
    let positions: i32 = everything.positions.iter().fold(0, |sum, position| sum ^ position.x);
    words ^ positions as usize
}
