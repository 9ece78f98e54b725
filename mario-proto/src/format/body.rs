use alloc::string::String;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::str;

use super::length::too_long;
use super::{Format, Parse};
use crate::describe::{Length, Order, Scalar, Type};
use crate::{Decode, DecodeError, DecodeErrorKind, Decoder, Encode, EncodeError, Encoder, Size, owned};

/// What stands behind a count.
pub trait Body {
    /// What is written.
    type Value;

    /// How many bytes each of those takes that are counted.
    const ITEM: Size;

    /// What each of those is that are counted; `None` for the bytes of text.
    const ITEMS: Option<&'static Type>;

    /// How many there are.
    fn count(value: &Self::Value) -> usize;

    /// Writes them, without the count.
    fn encode_body(value: &Self::Value, out: &mut Encoder<'_>) -> Result<(), EncodeError>;
}

/// The same, to be read.
pub trait ParseBody<'a>: Body {
    /// Reads `count` of them, if there are bytes for the fewest they can take.
    fn decode_body(count: usize, input: &mut Decoder<'a>) -> Result<Self::Value, DecodeError>;

    /// Reads all there are, but no more than `max`.
    fn decode_rest(input: &mut Decoder<'a>, max: usize) -> Result<Self::Value, DecodeError>;
}

impl Body for &str {
    type Value = Self;

    const ITEM: Size = Size::fixed(1);
    const ITEMS: Option<&'static Type> = None;

    #[inline]
    fn count(value: &Self) -> usize {
        value.len()
    }

    #[inline]
    fn encode_body(value: &Self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        out.put(value.as_bytes())
    }
}

impl<'a> ParseBody<'a> for &'a str {
    #[inline]
    fn decode_body(count: usize, input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        let start = input.offset();
        match str::from_utf8(input.take(count)?) {
            Ok(text) => Ok(text),
            Err(_) => Err(DecodeError::new(DecodeErrorKind::NotUtf8, start)),
        }
    }

    #[inline]
    fn decode_rest(input: &mut Decoder<'a>, _: usize) -> Result<Self, DecodeError> {
        Self::decode_body(input.len(), input)
    }
}

impl Body for String {
    type Value = Self;

    const ITEM: Size = <&str>::ITEM;
    const ITEMS: Option<&'static Type> = <&str>::ITEMS;

    #[inline]
    fn count(value: &Self) -> usize {
        value.len()
    }

    #[inline]
    fn encode_body(value: &Self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        out.put(value.as_bytes())
    }
}

impl<'a> ParseBody<'a> for String {
    #[inline]
    fn decode_body(count: usize, input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        let start = input.clone();
        owned::text(input.take(count)?, &start)
    }

    #[inline]
    fn decode_rest(input: &mut Decoder<'a>, _: usize) -> Result<Self, DecodeError> {
        Self::decode_body(input.len(), input)
    }
}

impl<T: Encode> Body for &[T] {
    type Value = Self;

    const ITEM: Size = T::SIZE;
    const ITEMS: Option<&'static Type> = Some(&T::TYPE);

    #[inline]
    fn count(value: &Self) -> usize {
        value.len()
    }

    #[inline]
    fn encode_body(value: &Self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        T::encode_all(value, out)
    }
}

impl<'a> ParseBody<'a> for &'a [u8] {
    #[inline]
    fn decode_body(count: usize, input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        input.take(count)
    }

    #[inline]
    fn decode_rest(input: &mut Decoder<'a>, _: usize) -> Result<Self, DecodeError> {
        Ok(input.rest())
    }
}

impl<T: Encode> Body for Vec<T> {
    type Value = Self;

    const ITEM: Size = T::SIZE;
    const ITEMS: Option<&'static Type> = Some(&T::TYPE);

    #[inline]
    fn count(value: &Self) -> usize {
        value.len()
    }

    #[inline]
    fn encode_body(value: &Self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        T::encode_all(value, out)
    }
}

impl<'a, T: Decode<'a>> ParseBody<'a> for Vec<T> {
    #[inline]
    fn decode_body(count: usize, input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        const { some_bytes(T::SIZE) }
        input.expect(count, T::SIZE)?;
        T::decode_vec(input, count)
    }

    #[inline]
    fn decode_rest(input: &mut Decoder<'a>, max: usize) -> Result<Self, DecodeError> {
        const { some_bytes(T::SIZE) }
        if const { T::SIZE.is_fixed() } {
            return T::decode_vec(input, input.len().div_ceil(T::SIZE.min));
        }
        decode_all(input, max, T::decode)
    }
}

/// A list of which each item is written as `F`.
pub struct Items<F>(PhantomData<F>);

impl<F: Format> Body for Items<F> {
    type Value = Vec<F::Value>;

    const ITEM: Size = F::SIZE;
    const ITEMS: Option<&'static Type> = Some(&F::TYPE);

    #[inline]
    fn count(value: &Vec<F::Value>) -> usize {
        value.len()
    }

    #[inline]
    fn encode_body(value: &Vec<F::Value>, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        value.iter().try_for_each(|item| F::encode(item, out))
    }
}

impl<'a, F: Parse<'a>> ParseBody<'a> for Items<F> {
    #[inline]
    fn decode_body(count: usize, input: &mut Decoder<'a>) -> Result<Vec<F::Value>, DecodeError> {
        const { some_bytes(F::SIZE) }
        input.expect(count, F::SIZE)?;
        let mut items = owned::list(count, input)?;
        for _ in 0..count {
            owned::push(&mut items, F::decode(input)?, input)?;
        }
        Ok(items)
    }

    #[inline]
    fn decode_rest(input: &mut Decoder<'a>, max: usize) -> Result<Vec<F::Value>, DecodeError> {
        const { some_bytes(F::SIZE) }
        decode_all(input, max, F::decode)
    }
}

#[inline]
fn decode_all<'a, T>(
    input: &mut Decoder<'a>,
    max: usize,
    decode: impl Fn(&mut Decoder<'a>) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    let mut items = Vec::new();
    while !input.is_empty() {
        if items.len() == max {
            return Err(too_long(input, max.saturating_add(1), max));
        }
        owned::push(&mut items, decode(input)?, input)?;
    }
    Ok(items)
}

/// Refuses, at compile time, lists that a few bytes could make endless.
#[track_caller]
pub(crate) const fn some_bytes(item: Size) {
    assert!(item.min > 0, "an item of this list may take no bytes, so its count could claim any number");
}

impl Type {
    /// What a body of these items is, with a length like that.
    pub(super) const fn of_body(items: Option<&'static Self>, length: Length) -> Self {
        match items {
            None => Self::Text(length),
            Some(Self::Scalar(Scalar::U8, Order::Little)) => Self::Bytes(length),
            Some(item) => Self::List(item, length),
        }
    }
}
