use alloc::borrow::ToOwned;
use alloc::string::String;
use core::str;

use crate::{Decode, DecodeError, DecodeErrorKind, Decoder, Encode, EncodeError, Encoder, Size, Type};

/// A `u16` length in bytes, then UTF-8.
impl Encode for &str {
    const SIZE: Size = <&[u8]>::SIZE;
    const TYPE: Type = Type::Text;
    const HEAD: usize = <&[u8]>::HEAD;

    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        self.as_bytes().encode(out)
    }

    #[inline]
    fn encode_split(&self, run: &mut Encoder<'_>, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        self.as_bytes().encode_split(run, out)
    }
}

impl<'a> Decode<'a> for &'a str {
    #[inline]
    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        Self::decode_split(&mut input.sub(Self::HEAD)?, input)
    }

    #[inline]
    fn decode_split(run: &mut Decoder<'a>, input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        let start = run.offset();
        let bytes = <&[u8]>::decode_split(run, input)?;
        str::from_utf8(bytes).map_err(|_| DecodeError::new(DecodeErrorKind::NotUtf8, start))
    }
}

/// The same.
impl Encode for String {
    const SIZE: Size = <&str>::SIZE;
    const TYPE: Type = <&str>::TYPE;
    const HEAD: usize = <&str>::HEAD;

    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        self.as_str().encode(out)
    }

    #[inline]
    fn encode_split(&self, run: &mut Encoder<'_>, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        self.as_str().encode_split(run, out)
    }
}

impl<'a> Decode<'a> for String {
    #[inline]
    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        input.value::<&str>().map(ToOwned::to_owned)
    }

    #[inline]
    fn decode_split(run: &mut Decoder<'a>, input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        <&str>::decode_split(run, input).map(ToOwned::to_owned)
    }
}
