//! More of that set: values that are more than their type says, numbers that nobody declared, lists that take the rest, and
//! packets that may grow.

use std::net::Ipv4Addr;

use mario_macros::Packet;
use mario_proto::List;
use proptest::collection::vec;
use proptest::prelude::*;

use super::layout::{Layout, Part, field};

bitflags::bitflags! {
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub(crate) struct Rights: u16 {
        const READ = 1;
        const WRITE = 2;
        const GRANT = 0x8000;
    }
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto, check = Self::is_sane)]
pub(crate) struct Grant {
    #[mario(bits = u16)]
    rights: Rights,
    #[mario(via = u32, big_endian)]
    from: Ipv4Addr,
    #[mario(range = 1..=9)]
    level: u8,
    #[mario(range = 0.0..=1.0)]
    share: f32,
    #[mario(check = is_name, prefix = u8)]
    name: String,
    #[mario(bits = u16, big_endian)]
    denied: Rights,
}

impl Grant {
    fn is_sane(&self) -> bool {
        (self.rights & self.denied).is_empty()
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
}

#[derive(Clone, Copy, Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
#[repr(u16)]
pub(crate) enum Status {
    Fine = 200,
    #[mario(other)]
    Other(u16),
    Gone = 410,
}

/// An enum with a catch-all between other fields.
#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
pub(crate) struct Answer<'a> {
    status: Status,
    text: &'a str,
    statuses: [Status; 2],
    end: u8,
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto, big_endian)]
#[repr(i16)]
pub(crate) enum Message<'a> {
    Ping = -1,
    Text(u8, &'a str),
    #[mario(other)]
    Unknown {
        kind: i16,
        first: u32,
        #[mario(rest)]
        body: &'a [u8],
    },
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
pub(crate) struct Ports<'a>(u16, #[mario(rest, max = 8)] List<'a, u16>);

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
pub(crate) struct Tail<'a>(u16, #[mario(rest, max = 3)] List<'a, &'a str>);

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto, extensible)]
pub(crate) struct Grown<'a> {
    id: u32,
    name: &'a str,
    #[mario(since = 2, default = 18)]
    age: u8,
    #[mario(since = 2, default)]
    city: &'a str,
    #[mario(since = 3, default = 0.5, range = 0.0..=1.0)]
    score: f32,
}

/// The owned values that the borrowed ones borrow from.
#[derive(Debug)]
pub(crate) struct Source {
    numbers: (u8, u16, u32, f32),
    name: String,
    bytes: Vec<u8>,
    ports: Vec<u16>,
}

pub(crate) fn source() -> impl Strategy<Value = Source> {
    let numbers = (any::<u8>(), any::<u16>(), any::<u32>(), 0.0..=1.0_f32);
    (numbers, ".{0,12}", vec(any::<u8>(), 0..12), vec(any::<u16>(), 0..9))
        .prop_map(|(numbers, name, bytes, ports)| Source { numbers, name, bytes, ports })
}

impl Source {
    pub(crate) fn grant(&self) -> Grant {
        let (level, bits, address, share) = self.numbers;
        let rights = Rights::from_bits_truncate(bits);
        let name = format!("x{}", self.name);
        Grant { rights, from: address.into(), level: 1 + level % 9, share, name, denied: !rights }
    }

    pub(crate) fn status(&self) -> Status {
        match self.numbers {
            (0..64, ..) | (_, 200, ..) => Status::Fine,
            (64..128, ..) | (_, 410, ..) => Status::Gone,
            (_, number, ..) => Status::Other(number),
        }
    }

    pub(crate) fn answer(&self) -> Answer<'_> {
        let statuses = [Status::Gone, self.status()];
        Answer { status: self.status(), text: &self.name, statuses, end: self.numbers.0 }
    }

    pub(crate) fn message(&self) -> Message<'_> {
        let (which, kind, first, _) = self.numbers;
        match (which % 3, kind.cast_signed()) {
            (0, _) => Message::Ping,
            (1, _) | (_, -1 | 0) => Message::Text(which, &self.name),
            (_, kind) => Message::Unknown { kind, first, body: &self.bytes },
        }
    }

    pub(crate) fn ports(&self) -> Ports<'_> {
        Ports(self.numbers.1, self.ports.as_slice().into())
    }

    pub(crate) fn grown(&self) -> Grown<'_> {
        let (age, _, id, score) = self.numbers;
        Grown { id, name: &self.name, age, city: &self.name, score }
    }
}

/// A tail of these texts.
pub(crate) fn tail<'a>(texts: &'a [&'a str]) -> Tail<'a> {
    Tail(7, texts.into())
}

impl Grown<'_> {
    /// Where a version ends, so that an older peer's payload may.
    pub(crate) fn versions(&self) -> [usize; 2] {
        let first = 4 + 2 + self.name.len();
        [first, first + 1 + 2 + self.city.len()]
    }
}

impl Layout for Grant {
    fn layout(&self) -> Vec<Part> {
        vec![
            field("Grant.rights", 2),
            field("Grant.from", 4),
            field("Grant.level", 1),
            field("Grant.share", 4),
            field("Grant.name", 1 + self.name.len()),
            field("Grant.denied", 2),
        ]
    }
}

impl Layout for Status {
    fn layout(&self) -> Vec<Part> {
        vec![field("", 2)]
    }
}

impl Layout for Answer<'_> {
    fn layout(&self) -> Vec<Part> {
        vec![
            field("Answer.status", 2),
            field("Answer.text", 2 + self.text.len()),
            field("Answer.statuses", 4),
            field("Answer.end", 1),
        ]
    }
}

impl Layout for Message<'_> {
    /// All but what takes the rest, which any cut leaves a rest.
    fn layout(&self) -> Vec<Part> {
        match self {
            Self::Ping => vec![field("", 2)],
            Self::Text(_, text) => {
                vec![field("", 2), field("Message.Text.0", 1), field("Message.Text.1", 2 + text.len())]
            }
            Self::Unknown { .. } => vec![field("", 2), field("Message.Unknown.first", 4)],
        }
    }
}

impl Layout for Ports<'_> {
    fn layout(&self) -> Vec<Part> {
        vec![field("Ports.0", 2)]
    }
}

impl Layout for Tail<'_> {
    fn layout(&self) -> Vec<Part> {
        vec![field("Tail.0", 2)]
    }
}

impl Layout for Grown<'_> {
    fn layout(&self) -> Vec<Part> {
        vec![
            field("Grown.id", 4),
            field("Grown.name", 2 + self.name.len()),
            field("Grown.age", 1),
            field("Grown.city", 2 + self.city.len()),
            field("Grown.score", 4),
        ]
    }
}
