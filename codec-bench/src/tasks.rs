//! What is measured: packets, tasks, and the functions that do them.

use std::fmt;
use std::hint::black_box;

use clap::ValueEnum;

use crate::packets::{Value, Values};

/// What travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Packet {
    /// 8 bytes: a number.
    Ping,
    /// 2 bytes, the login of the first clients: a number, to which an empty packet replies.
    ShortLogin,
    /// 48 bytes: numbers, a flag, a token and a name.
    Login,
    /// 200 bytes: three texts with numbers around them.
    Profile,
    /// 64 items of 6 bytes, read where they lie.
    List,
    /// The same, read into a vector.
    OwnedList,
}

/// What is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Task {
    /// Decode, and use all fields.
    All,
    /// Decode, and use two fields.
    Two,
    /// Encode into a buffer.
    Encode,
    /// Find the handler by the command's id, decode, use all fields, encode a small reply as a frame.
    Dispatch,
}

impl Packet {
    /// The tasks that can be done with it: a number has no two fields, and to dispatch the logins is enough.
    pub fn tasks(self) -> &'static [Task] {
        match self {
            Packet::Ping => &[Task::All, Task::Encode],
            Packet::ShortLogin => &[Task::All, Task::Encode, Task::Dispatch],
            Packet::Login => &[Task::All, Task::Two, Task::Encode, Task::Dispatch],
            _ => &[Task::All, Task::Two, Task::Encode],
        }
    }
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Packet::Ping => "ping, 8 bytes",
            Packet::ShortLogin => "first login, 2 bytes",
            Packet::Login => "login, 48 bytes",
            Packet::Profile => "three strings, 200 bytes",
            Packet::List => "list of 64 × 6 bytes, in place",
            Packet::OwnedList => "list of 64 × 6 bytes, owned",
        })
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Task::All => "decode, use all",
            Task::Two => "decode, use two",
            Task::Encode => "encode",
            Task::Dispatch => "dispatch and reply",
        })
    }
}

/// How a candidate writes and reads the packet that has the values `V`.
pub trait Codec<V>: 'static {
    /// What it encodes, made beforehand.
    type Packet<'v>;

    /// That of `value`.
    fn packet(value: &V) -> Self::Packet<'_>;

    /// Writes it to the start of `out`; how many bytes it took, or `None` if they do not fit.
    fn encode(packet: &Self::Packet<'_>, out: &mut [u8]) -> Option<usize>;

    /// The use of all fields, or `None` if the payload is refused.
    fn decode_all(payload: &[u8]) -> Option<u64>;

    /// The use of two fields, or `None` if the payload is refused. All of the payload is checked all the same.
    ///
    /// A packet without two fields has no such task.
    fn decode_two(payload: &[u8]) -> Option<u64> {
        let _ = payload;
        None
    }
}

/// A codec's functions. Each is compiled for itself and inlined nowhere.
#[derive(Clone, Copy)]
pub struct Kit {
    encoding: fn(&Values) -> Box<dyn Encoding + '_>,
    decode_all: Decode,
    decode_two: Decode,
    dispatch: Option<fn() -> Box<dyn Dispatch>>,
}

/// A task, ready to be done with one payload or one room after the other.
pub enum Work<'v> {
    Decode(Decode),
    Encode(Box<dyn Encoding + 'v>),
    Dispatch(Box<dyn Dispatch>),
}

/// As [`Codec::decode_all`] and [`Codec::decode_two`].
pub type Decode = fn(&[u8]) -> Option<u64>;

/// A packet that waits to be encoded.
pub trait Encoding {
    /// As [`Codec::encode`].
    fn encode(&self, out: &mut [u8]) -> Option<usize>;
}

/// A service with its commands, and the buffer for replies.
pub trait Dispatch {
    /// Handles a command; how long the reply's frame is, or `None` if there is none.
    fn dispatch(&mut self, command: u16, payload: &[u8]) -> Option<usize>;
}

/// The command that takes a login, short or not.
pub const LOGIN: u16 = 0x6101;

impl Kit {
    /// The functions of `C`.
    pub const fn of<C: Codec<V>, V: Value>() -> Self {
        Kit {
            encoding: |values| Box::new(Ready::<C, V>(C::packet(V::of(values)))),
            decode_all: decode_all::<C, V>,
            decode_two: decode_two::<C, V>,
            dispatch: None,
        }
    }

    /// The same, and a service that handles the packet.
    pub const fn with_dispatch(self, dispatch: fn() -> Box<dyn Dispatch>) -> Self {
        Kit { dispatch: Some(dispatch), ..self }
    }

    /// Whether there is a function for `task`.
    pub fn does(&self, task: Task) -> bool {
        task != Task::Dispatch || self.dispatch.is_some()
    }

    /// The packet with these values, to be encoded.
    pub fn encoding<'v>(&self, values: &'v Values) -> Box<dyn Encoding + 'v> {
        (self.encoding)(values)
    }

    /// The function for `task`, if there is one.
    pub fn work<'v>(&self, task: Task, values: &'v Values) -> Option<Work<'v>> {
        match task {
            Task::All => Some(Work::Decode(self.decode_all)),
            Task::Two => Some(Work::Decode(self.decode_two)),
            Task::Encode => Some(Work::Encode(self.encoding(values))),
            Task::Dispatch => self.dispatch.map(|dispatch| Work::Dispatch(dispatch())),
        }
    }
}

struct Ready<'v, C: Codec<V>, V>(C::Packet<'v>);

impl<C: Codec<V>, V> Encoding for Ready<'_, C, V> {
    #[inline(never)]
    fn encode(&self, out: &mut [u8]) -> Option<usize> {
        C::encode(&self.0, out)
    }
}

#[inline(never)]
fn decode_all<C: Codec<V>, V>(payload: &[u8]) -> Option<u64> {
    C::decode_all(payload)
}

#[inline(never)]
fn decode_two<C: Codec<V>, V>(payload: &[u8]) -> Option<u64> {
    C::decode_two(payload)
}

/// What a handler would do with an error: look at it. So it is really made, but out of the way.
pub trait Heeded<T> {
    /// The value, if there is one.
    fn heeded(self) -> Option<T>;
}

impl<T, E> Heeded<T> for Result<T, E> {
    #[inline(always)]
    fn heeded(self) -> Option<T> {
        match self {
            Ok(value) => Some(value),
            Err(error) => refused(&error),
        }
    }
}

#[cold]
#[inline(never)]
fn refused<T, E>(error: &E) -> Option<T> {
    black_box(error);
    None
}
