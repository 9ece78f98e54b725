use alloc::vec::Vec;

use crate::format::Plain;
use crate::{
    Decode, DecodeError, DecodeErrorKind, Decoder, Encode, EncodeError, Encoder, Order, Scalar, Size, Type,
    owned,
};

/// Numbers of a fixed width: their bytes, little-endian.
macro_rules! numbers {
    ($($number:ident: $scalar:ident,)*) => {$(
        impl Encode for $number {
            const SIZE: Size = Self::TYPE.size();
            const TYPE: Type = Type::Scalar(Scalar::$scalar, Order::Little);
            const ANY_BYTES: bool = true;

            #[inline]
            fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
                out.put_array(self.to_le_bytes())
            }
        }

        impl<'a> Decode<'a> for $number {
            #[inline]
            fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
                Ok(Self::from_le_bytes(*input.take_array()?))
            }

            #[inline]
            fn decode_array<const N: usize>(input: &mut Decoder<'a>) -> Result<[Self; N], DecodeError> {
                let bytes = input.take(const { N * size_of::<Self>() })?;
                let mut items = [Self::default(); N];
                for (item, bytes) in items.iter_mut().zip(bytes.as_chunks().0) {
                    *item = Self::from_le_bytes(*bytes);
                }
                Ok(items)
            }

            #[inline]
            fn decode_vec(input: &mut Decoder<'a>, count: usize) -> Result<Vec<Self>, DecodeError> {
                let bytes = input.take(count.saturating_mul(size_of::<Self>()))?;
                owned::all(bytes.as_chunks().0.iter().map(|bytes| Self::from_le_bytes(*bytes)), input)
            }
        }
    )*};
}

numbers! {
    u16: U16,
    u32: U32,
    u64: U64,
    u128: U128,
    i8: I8,
    i16: I16,
    i32: I32,
    i64: I64,
    i128: I128,
    f32: F32,
    f64: F64,
}

impl Encode for u8 {
    const SIZE: Size = Size::fixed(1);
    const TYPE: Type = Type::Scalar(Scalar::U8, Order::Little);
    const ANY_BYTES: bool = true;

    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        out.put_array([*self])
    }

    #[inline]
    fn encode_all(items: &[Self], out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        out.put(items)
    }
}

impl<'a> Decode<'a> for u8 {
    #[inline]
    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        let [byte] = *input.take_array()?;
        Ok(byte)
    }

    #[inline]
    fn decode_array<const N: usize>(input: &mut Decoder<'a>) -> Result<[Self; N], DecodeError> {
        input.take_array().copied()
    }

    #[inline]
    fn decode_vec(input: &mut Decoder<'a>, count: usize) -> Result<Vec<Self>, DecodeError> {
        owned::bytes(input.take(count)?, input)
    }
}

/// One byte, 0 or 1; any other value is malformed.
impl Encode for bool {
    const SIZE: Size = Size::fixed(1);
    const TYPE: Type = Type::Bool;

    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        out.put_array([u8::from(*self)])
    }
}

impl<'a> Decode<'a> for bool {
    #[inline]
    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        let mut run = input.sub(1)?;
        Self::decode_split(&mut run, input)
    }

    #[inline]
    fn decode_split(run: &mut Decoder<'a>, _: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        let offset = run.offset();
        match u8::of_bytes(run.hold::<u8>()) {
            0 => Ok(false),
            1 => Ok(true),
            found => Err(DecodeError::new(DecodeErrorKind::NotBool { found }, offset)),
        }
    }
}
