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
    Everything<'_>: decode_everything encode_everything;
}

#[inline(never)]
pub fn use_everything(everything: &Everything<'_>) -> usize {
    let words: usize = everything.words.iter().map(str::len).sum();
    let positions: i32 = everything.positions.iter().fold(0, |sum, position| sum ^ position.x);
    words ^ positions as usize
}
