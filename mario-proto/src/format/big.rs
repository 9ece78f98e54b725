use core::marker::PhantomData;

use super::{Format, Parse};
use crate::describe::{Order, Scalar, Type};
use crate::{DecodeError, Decoder, EncodeError, Encoder, Size};

/// A number, big-endian.
pub struct Big<T>(PhantomData<T>);

macro_rules! numbers {
    ($($number:ident: $scalar:ident,)*) => {$(
        impl Format for Big<$number> {
            type Value = $number;

            const SIZE: Size = Self::TYPE.size();
            const TYPE: Type = Type::Scalar(Scalar::$scalar, Order::Big);
            const ANY_BYTES: bool = true;

            #[inline]
            fn encode_split(
                value: &$number,
                run: &mut Encoder<'_>,
                _: &mut Encoder<'_>,
            ) -> Result<(), EncodeError> {
                run.put_array(value.to_be_bytes())
            }
        }

        impl<'a> Parse<'a> for Big<$number> {
            #[inline]
            fn decode_split(run: &mut Decoder<'a>, _: &mut Decoder<'a>) -> Result<$number, DecodeError> {
                Ok($number::from_be_bytes(*run.take_array()?))
            }
        }
    )*};
}

numbers! {
    u16: U16,
    u32: U32,
    u64: U64,
    u128: U128,
    i16: I16,
    i32: I32,
    i64: I64,
    i128: I128,
    f32: F32,
    f64: F64,
}
