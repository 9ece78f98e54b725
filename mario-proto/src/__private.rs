//! What generated code needs, by one path. Not part of the public face: it changes without notice.

pub use core::clone::Clone;
pub use core::convert::From;
pub use core::default::Default;
pub use core::option::Option::{self, None, Some};
pub use core::result::Result::{self, Err, Ok};

pub use core::ops::Bound;

pub use crate::asserts::{
    assert_ends, assert_fits_frame, assert_limit, assert_repeats, assert_some_bytes,
    assert_variant_fits_frame,
};
pub use crate::declare::{STUB, assert_free, command_of, field, fields, number};
pub use crate::describe::{Description, Field, Order, Scalar, Shape, Type, Variant};
pub use crate::format::{Array, Big, CText, Items, Opt, Prefixed, Rest, held};
pub use crate::rule::{allowed, known, within};
pub use crate::via::{Bits, NoFlags, Via};
pub use crate::{
    Decode, DecodeError, DecodeErrorKind, Decoder, Encode, EncodeError, EncodeErrorKind, Encoder, IntoReply,
    NoReply, Number, Overflow, OwnedReply, Packet, Request, Size,
};

/// Whatever is wrong with a field's type is wrong here first: see `expand/fields.rs` of `mario-macros`.
pub const fn travels<'a, T: Decode<'a>>() {}
