use alloc::borrow::ToOwned;
use alloc::string::String;
use core::str;

use crate::{Decode, DecodeError, DecodeErrorKind, Decoder, Encode, EncodeError, Encoder, Size};

impl Encode for &str {
    const SIZE: Size = <&[u8]>::SIZE;

    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        self.as_bytes().encode(out)
    }
}

impl<'a> Decode<'a> for &'a str {
    #[inline]
    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        let offset = input.offset();
        str::from_utf8(input.value()?).map_err(|_| DecodeError::new(DecodeErrorKind::NotUtf8, offset))
    }
}

impl Encode for String {
    const SIZE: Size = <&str>::SIZE;

    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        self.as_str().encode(out)
    }
}

impl<'a> Decode<'a> for String {
    #[inline]
    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        input.value::<&str>().map(ToOwned::to_owned)
    }
}
