//! The wire of mario: frames, packets and their errors.
//!
//! No I/O, no clock, no unsafe code, `no_std`: bytes go in, packets come out, and the other way round. Use it
//! through `mario`, which re-exports it; use it alone in a client or a tool that only needs the format.
//!
//! ```
//! use mario_proto::{Framing, Payload, decode_packet, frame_to_vec, DEFAULT_MAX_PACKET, DEFAULT_STX};
//!
//! let bytes = frame_to_vec(DEFAULT_STX, 0x0602, &Payload(b"\x05\x00Mario")).unwrap();
//!
//! let framing = Framing::new(DEFAULT_STX, DEFAULT_MAX_PACKET);
//! let (frame, rest) = framing.split(&bytes).unwrap().expect("the frame is complete");
//! assert_eq!((frame.cmd, rest), (0x0602, &b""[..]));
//!
//! let name: &str = decode_packet(frame.payload).unwrap();
//! assert_eq!(name, "Mario");
//! ```
//!
//! | what | where |
//! | --- | --- |
//! | the eight bytes before every payload | [`Header`] |
//! | whole frames out of a stream, and into one | [`Framing`], [`encode_frame`] |
//! | what can travel | [`Encode`], [`Decode`], and [`Packet`] for a whole payload |
//! | the cursors that reading and writing go through | [`Decoder`], [`Encoder`] |
//! | what a packet looks like, as constant data | [`Description`] |
//! | what went wrong, and in which field | [`FrameError`], [`DecodeError`], [`EncodeError`] |
//! | what a handler may return | [`IntoReply`] |
//! | what a proxy says of a connection before its first frame | [`ProxyHeader`] |
//!
//! The format itself, to the byte, is the book's chapter *The wire*.

#![no_std]
#![forbid(unsafe_code)]
#![warn(unreachable_pub)]

extern crate alloc;

mod asserts;
mod declare;
mod decode;
mod decode_error;
mod decoder;
mod describe;
mod encode;
mod encode_error;
mod encoder;
mod format;
mod frame;
mod header;
mod impls;
mod list;
mod number;
mod overflow;
mod owned;
mod packet;
mod proxy;
mod reply;
mod request;
mod rule;
mod run;
mod schema;
mod size;
mod via;

#[doc(hidden)]
pub mod __private;

pub use decode::{Decode, decode_packet};
pub use decode_error::{DecodeError, DecodeErrorKind};
pub use decoder::Decoder;
pub use describe::{Description, Field, Length, Order, Scalar, Shape, Type, Variant};
pub use encode::Encode;
pub use encode_error::{EncodeError, EncodeErrorKind};
pub use encoder::Encoder;
pub use frame::{DEFAULT_MAX_PACKET, Frame, FrameError, Framing, encode_frame, frame_to_vec};
pub use header::{DEFAULT_STX, HEADER_LEN, Header, RESERVED_IDS, is_reserved};
pub use list::{List, ListIter};
pub use number::{Number, Range};
pub use overflow::Overflow;
pub use packet::{Packet, Payload};
pub use proxy::{ProxyError, ProxyHeader};
pub use reply::{IntoReply, NoReply};
pub use request::{OwnedReply, Request};
pub use size::Size;
