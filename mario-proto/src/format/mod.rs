//! How a field is written where its attributes say otherwise than its type: what `#[derive(Packet)]` turns
//! `#[mario(prefix = u8, max = 64)]` into.
//!
//! A format is a type without values, such as `Prefixed<&'a str, u8, 64>`; it says which values it writes. Every type
//! that travels is its own format.

mod big;
mod body;
mod c_text;
mod length;
mod option;
mod plain;
mod prefix;

pub use big::Big;
pub use body::Items;
pub(crate) use body::{Body, ParseBody, some_bytes};
pub use c_text::CText;
pub(crate) use length::too_long;
pub use length::{Prefixed, Rest};
pub(crate) use option::decode_array;
pub use option::{Array, Opt};
pub(crate) use plain::Plain;
pub use plain::held;
use prefix::Prefix;

use crate::{Decode, DecodeError, Decoder, Encode, EncodeError, Encoder, Size, Type};

/// A way to write values.
pub trait Format {
    /// What is written.
    type Value;

    /// As [`Encode::SIZE`].
    const SIZE: Size;
    /// As [`Encode::TYPE`].
    const TYPE: Type;
    /// As [`Encode::HEAD`].
    const HEAD: usize = if Self::SIZE.is_fixed() { Self::SIZE.min } else { 0 };

    /// As [`Encode::ANY_BYTES`].
    const ANY_BYTES: bool = false;

    /// Writes the `HEAD` to `run`, and the rest to `out`, which stands behind the run.
    fn encode_split(
        value: &Self::Value,
        run: &mut Encoder<'_>,
        out: &mut Encoder<'_>,
    ) -> Result<(), EncodeError>;

    /// Writes a value that belongs to no run.
    #[inline]
    fn encode(value: &Self::Value, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        Self::encode_split(value, &mut out.sub(Self::HEAD)?, out)
    }
}

/// A way to read the values that it writes.
pub trait Parse<'a>: Format {
    /// Reads the `HEAD` from `run`, and the rest from `input`, which stands behind the run.
    fn decode_split(run: &mut Decoder<'a>, input: &mut Decoder<'a>) -> Result<Self::Value, DecodeError>;

    /// Reads a value that belongs to no run.
    #[inline]
    fn decode(input: &mut Decoder<'a>) -> Result<Self::Value, DecodeError> {
        Self::decode_split(&mut input.sub(Self::HEAD)?, input)
    }
}

impl<T: Encode> Format for T {
    type Value = T;

    const SIZE: Size = T::SIZE;
    const TYPE: Type = T::TYPE;
    const HEAD: usize = T::HEAD;
    const ANY_BYTES: bool = T::ANY_BYTES;

    #[inline]
    fn encode_split(value: &T, run: &mut Encoder<'_>, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        value.encode_split(run, out)
    }

    #[inline]
    fn encode(value: &T, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        value.encode(out)
    }
}

impl<'a, T: Decode<'a>> Parse<'a> for T {
    #[inline]
    fn decode_split(run: &mut Decoder<'a>, input: &mut Decoder<'a>) -> Result<T, DecodeError> {
        T::decode_split(run, input)
    }

    #[inline]
    fn decode(input: &mut Decoder<'a>) -> Result<T, DecodeError> {
        T::decode(input)
    }
}
