//! A wide set of packets, with arbitrary values of them and a layout written by hand.

use mario_macros::Packet;
use mario_proto::List;
use proptest::collection::vec;
use proptest::prelude::*;

use super::layout::{Layout, Part, field};

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
pub(crate) struct Numbers {
    pub(crate) a: u8,
    pub(crate) b: u16,
    pub(crate) c: u32,
    pub(crate) d: u64,
    pub(crate) e: u128,
    pub(crate) f: i8,
    pub(crate) g: i16,
    pub(crate) h: i32,
    pub(crate) i: i64,
    pub(crate) j: i128,
    pub(crate) k: f32,
    pub(crate) l: f64,
    pub(crate) m: bool,
}

#[derive(Clone, Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
pub(crate) struct Point {
    pub(crate) x: i32,
    pub(crate) y: i32,
}

/// Of no fixed size, as a field of others.
#[derive(Clone, Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
pub(crate) struct Label(pub(crate) u8, pub(crate) String);

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
pub(crate) struct Arrays {
    pub(crate) id: [u8; 16],
    pub(crate) ports: [u16; 3],
    pub(crate) flags: [bool; 2],
    pub(crate) grid: [[u8; 2]; 3],
    pub(crate) corners: [Point; 2],
    pub(crate) names: [String; 2],
    pub(crate) end: u16,
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
pub(crate) struct Borrowed<'a> {
    pub(crate) before: u32,
    pub(crate) name: &'a str,
    pub(crate) key: &'a [u8],
    pub(crate) between: bool,
    pub(crate) note: &'a str,
    pub(crate) after: u64,
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
pub(crate) struct Lists {
    pub(crate) bytes: Vec<u8>,
    pub(crate) numbers: Vec<u32>,
    pub(crate) points: Vec<Point>,
    pub(crate) words: Vec<String>,
    pub(crate) labels: Vec<Label>,
    pub(crate) end: u8,
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
pub(crate) struct Options<'a> {
    pub(crate) number: Option<u32>,
    pub(crate) text: Option<&'a str>,
    pub(crate) point: Option<Point>,
    pub(crate) end: u16,
}

/// Fixed and other packets in turn, so that runs end where only the types say.
#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
pub(crate) struct Nested<'a> {
    pub(crate) at: Point,
    pub(crate) color: Color,
    pub(crate) label: Label,
    pub(crate) inner: Borrowed<'a>,
    pub(crate) to: Point,
    pub(crate) event: Event<'a>,
    pub(crate) r#type: u8,
    pub(crate) run: u16,
    pub(crate) input: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
#[repr(u8)]
pub(crate) enum Color {
    Red = 1,
    Green,
    Blue = b'b',
}

#[derive(Clone, Copy, Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
#[repr(i16)]
pub(crate) enum Level {
    Low = -300,
    Zero = 0,
    High = 0x7fff,
}

#[derive(Clone, Copy, Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
#[repr(u64)]
pub(crate) enum Wide {
    Small = 1,
    Huge = 0xffff_ffff_ffff_ffff,
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
#[repr(u16)]
pub(crate) enum Event<'a> {
    Idle,
    Moved { to: Point, speed: u8 } = 7,
    Said(&'a str, u32),
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
pub(crate) struct Unit;

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
pub(crate) struct Lengths<'a> {
    #[mario(prefix = u8)]
    pub(crate) short: &'a str,
    #[mario(prefix = u32)]
    pub(crate) long: String,
    #[mario(prefix = u8, max = 12)]
    pub(crate) key: &'a [u8],
    #[mario(max = LIMIT)]
    pub(crate) few: Vec<u16>,
    #[mario(prefix = u8)]
    pub(crate) maybe: Option<&'a str>,
    #[mario(c_text = 12)]
    pub(crate) nick: &'a str,
    #[mario(c_text = LIMIT)]
    pub(crate) owned: String,
    pub(crate) address: &'a [u8; 6],
    pub(crate) numbers: List<'a, u16>,
    #[mario(prefix = u8, max = 9)]
    pub(crate) labels: List<'a, Label>,
    pub(crate) points: List<'a, Point>,
    #[mario(rest, max = 40)]
    pub(crate) tail: &'a str,
}

const LIMIT: usize = 16;

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto, big_endian)]
pub(crate) struct Network<'a> {
    pub(crate) a: u8,
    pub(crate) b: u16,
    pub(crate) c: i32,
    pub(crate) d: f64,
    pub(crate) e: [u16; 2],
    pub(crate) f: Vec<u32>,
    pub(crate) g: &'a str,
    pub(crate) h: Option<u64>,
    pub(crate) little: Point,
    #[mario(prefix = u8)]
    pub(crate) i: Vec<[u16; 2]>,
    #[mario(rest)]
    pub(crate) j: Vec<u128>,
}

#[derive(Clone, Debug, PartialEq, Packet)]
#[mario(crate = mario_proto, big_endian)]
#[repr(u32)]
pub(crate) enum Packed {
    One {
        #[mario(big_endian)]
        port: u16,
    } = 1,
    Two(u64),
}

/// The owned values that borrowed samples borrow from.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) name: String,
    pub(crate) key: Vec<u8>,
    pub(crate) note: String,
    pub(crate) numbers: (u32, bool, u64, u8),
    pub(crate) point: (i32, i32),
    pub(crate) event: u8,
    pub(crate) list: Vec<u16>,
    pub(crate) labels: Vec<Label>,
    pub(crate) points: Vec<Point>,
    pub(crate) address: [u8; 6],
}

pub(crate) fn words() -> impl Strategy<Value = Words> {
    let numbers = (any::<u32>(), any::<bool>(), any::<u64>(), any::<u8>());
    let lists = (vec(any::<u16>(), 0..9), vec(label(), 0..4), vec(point(), 0..4), any::<[u8; 6]>());
    (".{0,12}", vec(any::<u8>(), 0..12), "[a-zä]{0,6}", numbers, any::<(i32, i32)>(), 0..3_u8, lists)
        .prop_map(|(name, key, note, numbers, point, event, (list, labels, points, address))| Words {
            name,
            key,
            note,
            numbers,
            point,
            event,
            list,
            labels,
            points,
            address,
        })
}

impl Words {
    pub(crate) fn borrowed(&self) -> Borrowed<'_> {
        let (before, between, after, _) = self.numbers;
        Borrowed { before, name: &self.name, key: &self.key, between, note: &self.note, after }
    }

    pub(crate) fn options(&self) -> Options<'_> {
        let (number, some, end, _) = self.numbers;
        Options {
            number: some.then_some(number),
            text: (self.event > 0).then_some(&self.name),
            point: (self.event > 1).then_some(self.point()),
            end: end as u16,
        }
    }

    pub(crate) fn nested(&self) -> Nested<'_> {
        let (run, _, input, r#type) = self.numbers;
        Nested {
            at: self.point(),
            color: [Color::Red, Color::Green, Color::Blue][usize::from(self.event)],
            label: Label(r#type, self.note.clone()),
            inner: self.borrowed(),
            to: self.point(),
            event: self.event(),
            r#type,
            run: run as u16,
            input: input as u16,
        }
    }

    pub(crate) fn lengths(&self) -> Lengths<'_> {
        Lengths {
            short: &self.name,
            long: self.note.clone(),
            key: &self.key,
            few: self.list.clone(),
            maybe: (self.event > 0).then_some(&self.name),
            nick: &self.note,
            owned: self.note.clone(),
            address: &self.address,
            numbers: self.list.as_slice().into(),
            labels: self.labels.as_slice().into(),
            points: self.points.as_slice().into(),
            tail: &self.note,
        }
    }

    pub(crate) fn network(&self) -> Network<'_> {
        let (number, some, wide, a) = self.numbers;
        Network {
            a,
            b: number as u16,
            c: self.point.0,
            d: f64::from(number),
            e: [1, number as u16],
            f: self.list.iter().copied().map(u32::from).collect(),
            g: &self.name,
            h: some.then_some(wide),
            little: self.point(),
            i: self.list.iter().map(|&number| [number, 7]).collect(),
            j: vec![wide.into(); self.event.into()],
        }
    }

    pub(crate) fn packed(&self) -> Packed {
        if self.event > 0 { Packed::Two(self.numbers.2) } else { Packed::One { port: self.numbers.0 as u16 } }
    }

    pub(crate) fn event(&self) -> Event<'_> {
        match self.event {
            0 => Event::Idle,
            1 => Event::Moved { to: self.point(), speed: self.numbers.3 },
            _ => Event::Said(&self.name, self.numbers.0),
        }
    }

    fn point(&self) -> Point {
        Point { x: self.point.0, y: self.point.1 }
    }
}

pub(crate) fn numbers() -> impl Strategy<Value = Numbers> {
    let signed = (any::<i8>(), any::<i16>(), any::<i32>(), any::<i64>(), any::<i128>());
    let unsigned = (any::<u8>(), any::<u16>(), any::<u32>(), any::<u64>(), any::<u128>());
    (unsigned, signed, any::<f32>(), any::<f64>(), any::<bool>()).prop_map(
        |((a, b, c, d, e), (f, g, h, i, j), k, l, m)| Numbers { a, b, c, d, e, f, g, h, i, j, k, l, m },
    )
}

pub(crate) fn point() -> impl Strategy<Value = Point> {
    any::<(i32, i32)>().prop_map(|(x, y)| Point { x, y })
}

pub(crate) fn label() -> impl Strategy<Value = Label> {
    (any::<u8>(), ".{0,5}").prop_map(|(kind, text)| Label(kind, text))
}

pub(crate) fn arrays() -> impl Strategy<Value = Arrays> {
    let fixed = (any::<[u8; 16]>(), any::<[u16; 3]>(), any::<[bool; 2]>(), any::<[[u8; 2]; 3]>());
    (fixed, [point(), point()], [".{0,9}", ".{0,9}"], any::<u16>()).prop_map(
        |((id, ports, flags, grid), corners, names, end)| Arrays {
            id,
            ports,
            flags,
            grid,
            corners,
            names,
            end,
        },
    )
}

pub(crate) fn lists() -> impl Strategy<Value = Lists> {
    let plain = (vec(any::<u8>(), 0..9), vec(any::<u32>(), 0..5));
    (plain, vec(point(), 0..4), vec(".{0,5}", 0..4), vec(label(), 0..4), any::<u8>()).prop_map(
        |((bytes, numbers), points, words, labels, end)| Lists { bytes, numbers, points, words, labels, end },
    )
}

impl Layout for Numbers {
    fn layout(&self) -> Vec<Part> {
        vec![
            field("Numbers.a", 1),
            field("Numbers.b", 2),
            field("Numbers.c", 4),
            field("Numbers.d", 8),
            field("Numbers.e", 16),
            field("Numbers.f", 1),
            field("Numbers.g", 2),
            field("Numbers.h", 4),
            field("Numbers.i", 8),
            field("Numbers.j", 16),
            field("Numbers.k", 4),
            field("Numbers.l", 8),
            field("Numbers.m", 1),
        ]
    }
}

impl Layout for Point {
    fn layout(&self) -> Vec<Part> {
        vec![field("Point.x", 4), field("Point.y", 4)]
    }
}

impl Layout for Label {
    fn layout(&self) -> Vec<Part> {
        vec![field("Label.0", 1), field("Label.1", 2 + self.1.len())]
    }
}

impl Layout for Arrays {
    fn layout(&self) -> Vec<Part> {
        let mut parts = vec![
            field("Arrays.id", 16),
            field("Arrays.ports", 6),
            field("Arrays.flags", 2),
            field("Arrays.grid", 6),
        ];
        parts.extend(self.corners.iter().flat_map(Layout::layout));
        parts.push(field("Arrays.names", self.names.iter().map(|name| 2 + name.len()).sum()));
        parts.push(field("Arrays.end", 2));
        parts
    }
}

impl Layout for Borrowed<'_> {
    fn layout(&self) -> Vec<Part> {
        vec![
            field("Borrowed.before", 4),
            field("Borrowed.name", 2 + self.name.len()),
            field("Borrowed.key", 2 + self.key.len()),
            field("Borrowed.between", 1),
            field("Borrowed.note", 2 + self.note.len()),
            field("Borrowed.after", 8),
        ]
    }
}

impl Layout for Lists {
    fn layout(&self) -> Vec<Part> {
        vec![
            field("Lists.bytes", 2 + self.bytes.len()),
            field("Lists.numbers", 2 + 4 * self.numbers.len()),
            field("Lists.points", 2 + 8 * self.points.len()),
            field("Lists.words", 2 + self.words.iter().map(|word| 2 + word.len()).sum::<usize>()),
            Part::List {
                path: "Lists.labels",
                count: 2,
                item_min: 3,
                items: self.labels.iter().map(Layout::layout).collect(),
            },
            field("Lists.end", 1),
        ]
    }
}

impl Layout for Options<'_> {
    fn layout(&self) -> Vec<Part> {
        let mut parts = vec![
            field("Options.number", 1 + self.number.map_or(0, |_| 4)),
            field("Options.text", 1 + self.text.map_or(0, |text| 2 + text.len())),
            field("Options.point", 1),
        ];
        parts.extend(self.point.iter().flat_map(Layout::layout));
        parts.push(field("Options.end", 2));
        parts
    }
}

impl Layout for Event<'_> {
    fn layout(&self) -> Vec<Part> {
        match self {
            Self::Idle => vec![field("", 2)],
            Self::Moved { to, .. } => {
                let mut parts = vec![field("", 2)];
                parts.extend(to.layout());
                parts.push(field("Event.Moved.speed", 1));
                parts
            }
            Self::Said(text, _) => {
                vec![field("", 2), field("Event.Said.0", 2 + text.len()), field("Event.Said.1", 4)]
            }
        }
    }
}

impl Layout for Nested<'_> {
    fn layout(&self) -> Vec<Part> {
        let mut event = self.event.layout();
        event[0] = field("Nested.event", 2);
        [
            self.at.layout(),
            vec![field("Nested.color", 1)],
            self.label.layout(),
            self.inner.layout(),
            self.to.layout(),
            event,
            vec![field("Nested.type", 1), field("Nested.run", 2), field("Nested.input", 2)],
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Layout for Lengths<'_> {
    /// All but the tail, which any cut leaves a tail.
    fn layout(&self) -> Vec<Part> {
        vec![
            field("Lengths.short", 1 + self.short.len()),
            field("Lengths.long", 4 + self.long.len()),
            field("Lengths.key", 1 + self.key.len()),
            field("Lengths.few", 2 + 2 * self.few.len()),
            field("Lengths.maybe", 1 + self.maybe.map_or(0, |text| 1 + text.len())),
            field("Lengths.nick", 12),
            field("Lengths.owned", 16),
            field("Lengths.address", 6),
            field("Lengths.numbers", 2 + 2 * self.numbers.len()),
            Part::List {
                path: "Lengths.labels",
                count: 1,
                item_min: 3,
                items: self.labels.iter().map(|label| label.layout()).collect(),
            },
            field("Lengths.points", 2 + 8 * self.points.len()),
        ]
    }
}

impl Layout for Network<'_> {
    /// All but the list at the end, which any cut between its items leaves a list.
    fn layout(&self) -> Vec<Part> {
        let mut parts = vec![
            field("Network.a", 1),
            field("Network.b", 2),
            field("Network.c", 4),
            field("Network.d", 8),
            field("Network.e", 4),
            field("Network.f", 2 + 4 * self.f.len()),
            field("Network.g", 2 + self.g.len()),
            field("Network.h", 1 + self.h.map_or(0, |_| 8)),
        ];
        parts.extend(self.little.layout());
        parts.push(field("Network.i", 1 + 4 * self.i.len()));
        parts
    }
}

impl Layout for Packed {
    fn layout(&self) -> Vec<Part> {
        match self {
            Self::One { .. } => vec![field("", 4), field("Packed.One.port", 2)],
            Self::Two(_) => vec![field("", 4), field("Packed.Two.0", 8)],
        }
    }
}
