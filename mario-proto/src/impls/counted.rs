//! Text, bytes and lists without attributes: a `u16` count, then as many bytes or items.

use alloc::string::String;
use alloc::vec::Vec;

use crate::format::{Format, Parse, Prefixed};
use crate::{Decode, DecodeError, Decoder, Encode, EncodeError, Encoder, List, Size, Type};

macro_rules! prefixed_by_u16 {
    ($([$($generics:tt)*] $body:ty;)*) => {$(
        /// A `u16` count, then as many bytes or items.
        impl<$($generics)*> Encode for $body {
            const SIZE: Size = <Prefixed<Self, u16> as Format>::SIZE;
            const TYPE: Type = <Prefixed<Self, u16> as Format>::TYPE;
            const HEAD: usize = <Prefixed<Self, u16> as Format>::HEAD;

            #[inline]
            fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
                Prefixed::<Self, u16>::encode(self, out)
            }

            #[inline]
            fn encode_split(&self, run: &mut Encoder<'_>, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
                Prefixed::<Self, u16>::encode_split(self, run, out)
            }
        }
    )*};
}

prefixed_by_u16! {
    [] &str;
    [] String;
    [T: Encode] &[T];
    [T: Encode] Vec<T>;
    ['a, T: Decode<'a>] List<'a, T>;
}

macro_rules! parsed_by_u16 {
    ($([$($generics:tt)*] $body:ty;)*) => {$(
        impl<'a, $($generics)*> Decode<'a> for $body {
            #[inline]
            fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
                Prefixed::<Self, u16>::decode(input)
            }

            #[inline]
            fn decode_split(run: &mut Decoder<'a>, input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
                Prefixed::<Self, u16>::decode_split(run, input)
            }
        }
    )*};
}

parsed_by_u16! {
    [] &'a str;
    [] String;
    [] &'a [u8];
    [T: Decode<'a>] Vec<T>;
    [T: Decode<'a>] List<'a, T>;
}
