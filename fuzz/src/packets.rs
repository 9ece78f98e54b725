//! Packets with every kind of field.

use mario_macros::Packet;
use mario_proto::List;

#[derive(Packet)]
#[mario(crate = mario_proto)]
pub(super) struct Numbers {
    a: u8,
    b: u16,
    c: i32,
    d: u64,
    e: i128,
    f: f32,
    g: f64,
    h: bool,
    i: [u16; 3],
    j: i8,
    k: i16,
    l: u32,
    m: i64,
    n: u128,
}

/// Numbers that stand alone between what has no fixed size, so that none is a part of a run.
#[derive(Packet)]
#[mario(crate = mario_proto)]
pub(super) struct Lone<'a> {
    a: &'a str,
    b: u32,
    c: Pair,
    d: i8,
    e: Option<u128>,
    f: u128,
    g: &'a [u8],
    h: bool,
    i: Unit,
}

#[derive(Clone, Packet)]
#[mario(crate = mario_proto)]
pub(super) struct Point {
    x: i16,
    y: i16,
}

#[derive(Clone, Packet)]
#[mario(crate = mario_proto)]
pub(super) struct Pair(u8, String);

#[derive(Packet)]
#[mario(crate = mario_proto)]
pub(super) struct Unit;

#[derive(Packet)]
#[mario(crate = mario_proto, big_endian)]
pub(super) struct Network {
    a: u16,
    b: i64,
    c: [u32; 2],
    d: Vec<u16>,
    e: Option<f64>,
    f: String,
    point: Point,
    #[mario(prefix = u8)]
    g: Vec<[i32; 2]>,
}

/// What is more than its number, or less.
#[derive(Packet)]
#[mario(crate = mario_proto, check = Self::is_valid)]
pub(super) struct Rules<'a> {
    #[mario(bits = u16)]
    rights: Rights,
    #[mario(bits = u32, big_endian)]
    denied: WideRights,
    #[mario(range = 1..=9)]
    level: u8,
    #[mario(range = 0.0..=1.0)]
    share: f32,
    #[mario(via = u32)]
    address: std::net::Ipv4Addr,
    #[mario(check = is_short)]
    note: Option<&'a str>,
}

impl Rules<'_> {
    fn is_valid(&self) -> bool {
        self.rights.0 as u8 != self.level
    }
}

fn is_short(text: &Option<&str>) -> bool {
    text.is_none_or(|text| text.len() < 20)
}

/// Sets of flags, as the crate bitflags makes them.
#[derive(Clone, Copy)]
struct Rights(u16);

#[derive(Clone, Copy)]
struct WideRights(u32);

impl Rights {
    fn bits(&self) -> u16 {
        self.0
    }

    fn from_bits(bits: u16) -> Option<Self> {
        (bits < 8).then_some(Self(bits))
    }
}

impl WideRights {
    fn bits(&self) -> u32 {
        self.0
    }

    fn from_bits(bits: u32) -> Option<Self> {
        (bits & 0xff == 0).then_some(Self(bits))
    }
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
pub(super) struct Texts<'a> {
    a: &'a str,
    #[mario(prefix = u8, max = 8)]
    b: &'a str,
    #[mario(prefix = u32)]
    c: String,
    #[mario(c_text = 6)]
    d: &'a str,
    e: &'a [u8],
    f: &'a [u8; 4],
    g: Option<&'a str>,
    #[mario(c_text = 5)]
    h: String,
    #[mario(prefix = u8, max = 3)]
    i: Vec<u8>,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
pub(super) struct Lists<'a> {
    a: Vec<u8>,
    b: Vec<Point>,
    #[mario(prefix = u8)]
    c: Vec<String>,
    d: List<'a, bool>,
    #[mario(prefix = u8, max = 5)]
    e: List<'a, Choices<'a>>,
    f: [Option<u8>; 2],
    g: Vec<Option<Point>>,
}

/// Packets in arrays and options, and options in arrays.
#[derive(Packet)]
#[mario(crate = mario_proto)]
pub(super) struct Nested<'a> {
    points: [Point; 2],
    pairs: [Pair; 2],
    maybe: Option<Point>,
    choice: Option<Choices<'a>>,
    choices: [Option<Choices<'a>>; 2],
    signed: Signed<'a>,
}

#[derive(Clone, Packet)]
#[mario(crate = mario_proto)]
#[repr(u8)]
pub(super) enum Choices<'a> {
    Nothing,
    Point(Point),
    Named { name: &'a str, kind: Kind } = 7,
}

#[derive(Clone, Copy, Packet)]
#[mario(crate = mario_proto)]
#[repr(u16)]
pub(super) enum Kind {
    Known = 1,
    #[mario(other)]
    Unknown(u16),
}

#[derive(Packet)]
#[mario(crate = mario_proto, big_endian)]
#[repr(i32)]
pub(super) enum Signed<'a> {
    Low = -70_000,
    At(u16, Point) = -1,
    Said(&'a str),
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[repr(i8)]
pub(super) enum Event<'a> {
    Gone = -1,
    #[mario(other)]
    Unknown {
        kind: i8,
        #[mario(rest)]
        body: &'a [u8],
    },
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
pub(super) struct Rest<'a> {
    id: u8,
    choice: Choices<'a>,
    #[mario(rest)]
    texts: Vec<&'a str>,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
pub(super) struct Remark<'a>(u8, #[mario(rest, max = 9)] &'a str);

#[derive(Packet)]
#[mario(crate = mario_proto)]
pub(super) struct Note(u8, #[mario(rest)] String);

#[derive(Packet)]
#[mario(crate = mario_proto)]
pub(super) struct Blob<'a>(u16, #[mario(rest, max = 40)] &'a [u8]);

#[derive(Packet)]
#[mario(crate = mario_proto)]
pub(super) struct Series(u8, #[mario(rest, big_endian, max = 4)] Vec<u32>);

#[derive(Packet)]
#[mario(crate = mario_proto)]
pub(super) struct Ports<'a>(u8, #[mario(rest, max = 5)] List<'a, u16>);

#[derive(Packet)]
#[mario(crate = mario_proto)]
pub(super) struct Words<'a>(u8, #[mario(rest, max = 3)] List<'a, &'a str>);

/// A packet in two releases.
#[derive(Packet)]
#[mario(crate = mario_proto, extensible)]
pub(super) struct Grown<'a> {
    pub(super) id: u16,
    pub(super) name: &'a str,
    #[mario(since = 2, default = 1)]
    level: u8,
    #[mario(since = 2, default)]
    points: Vec<Point>,
    #[mario(since = 3, default)]
    motto: &'a str,
}

#[derive(Packet)]
#[mario(crate = mario_proto, extensible)]
pub(super) struct Growing<'a> {
    pub(super) id: u16,
    pub(super) name: &'a str,
}
