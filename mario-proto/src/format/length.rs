//! Text, bytes and lists: a length and a body, or a body that takes what is left.

use core::marker::PhantomData;

use super::{Body, Format, Parse, ParseBody, Prefix};
use crate::describe::{Length, Type};
use crate::{DecodeError, DecodeErrorKind, Decoder, EncodeError, EncodeErrorKind, Encoder, Size};

/// The count as a `P`, at most `MAX`, then the body `B`.
pub struct Prefixed<B, P, const MAX: usize = { usize::MAX }>(PhantomData<(B, P)>);

/// The body `B`, at most `MAX` of it, up to the end of the payload.
pub struct Rest<B, const MAX: usize = { usize::MAX }>(PhantomData<B>);

impl<B: Body, P: Prefix, const MAX: usize> Prefixed<B, P, MAX> {
    const LIMIT: usize = if MAX == usize::MAX { P::MAX } else { MAX };
}

impl<B: Body, P: Prefix, const MAX: usize> Format for Prefixed<B, P, MAX> {
    type Value = B::Value;

    const SIZE: Size = P::SIZE.plus(B::ITEM.at_most(Self::LIMIT));
    const TYPE: Type = Type::of_body(B::ITEMS, Length { prefix: Some(P::SCALAR), max: Self::LIMIT });
    const HEAD: usize = P::HEAD;

    #[inline]
    fn encode_split(
        value: &B::Value,
        run: &mut Encoder<'_>,
        out: &mut Encoder<'_>,
    ) -> Result<(), EncodeError> {
        let count = B::count(value);
        match P::value(count) {
            Some(prefix) if count <= Self::LIMIT => run.plain::<P>(&prefix),
            _ => return Err(unsendable(count, Self::LIMIT)),
        }
        B::encode_body(value, out)
    }
}

impl<'a, B: ParseBody<'a>, P: Prefix, const MAX: usize> Parse<'a> for Prefixed<B, P, MAX> {
    #[inline]
    fn decode_split(run: &mut Decoder<'a>, input: &mut Decoder<'a>) -> Result<B::Value, DecodeError> {
        let count = P::count(P::of_bytes(run.hold::<P>()));
        if const { Self::LIMIT < P::MAX } && count > Self::LIMIT {
            return Err(too_long(input, count, Self::LIMIT));
        }
        B::decode_body(count, input)
    }
}

impl<B: Body, const MAX: usize> Format for Rest<B, MAX> {
    type Value = B::Value;

    const SIZE: Size = Size { min: 0, open: true, ..B::ITEM.at_most(MAX) };
    const TYPE: Type = Type::of_body(B::ITEMS, Length { prefix: None, max: MAX });
    const HEAD: usize = 0;

    #[inline]
    fn encode_split(value: &B::Value, _: &mut Encoder<'_>, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        let count = B::count(value);
        if count > MAX {
            return Err(unsendable(count, MAX));
        }
        B::encode_body(value, out)
    }
}

impl<'a, B: ParseBody<'a>, const MAX: usize> Parse<'a> for Rest<B, MAX> {
    #[inline]
    fn decode_split(_: &mut Decoder<'a>, input: &mut Decoder<'a>) -> Result<B::Value, DecodeError> {
        // The fewest items that so many bytes can be; a list of items of many sizes is counted as it is read.
        let fewest = match B::ITEM.max {
            Some(largest) => input.len().div_ceil(largest.max(1)),
            None => 0,
        };
        if fewest > MAX {
            return Err(too_long(input, fewest, MAX));
        }
        B::decode_rest(input, MAX)
    }
}

#[inline]
fn unsendable(len: usize, max: usize) -> EncodeError {
    EncodeError::new(EncodeErrorKind::TooLong { len, max })
}

/// The error of a count over its limit.
#[inline]
pub(crate) fn too_long(input: &Decoder<'_>, len: usize, max: usize) -> DecodeError {
    input.error(DecodeErrorKind::TooLong { len: len as u32, max: max as u32 })
}
