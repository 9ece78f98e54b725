use alloc::vec::Vec;

use crate::{
    Decode, DecodeError, DecodeErrorKind, Decoder, Encode, EncodeError, EncodeErrorKind, Encoder, Size, Type,
};

/// A `u16` count, then the items.
impl<T: Encode> Encode for &[T] {
    const SIZE: Size = Self::TYPE.size();
    const TYPE: Type = Type::List(&T::TYPE);
    const HEAD: usize = u16::HEAD;

    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        self.encode_split(&mut out.sub(Self::HEAD)?, out)
    }

    #[inline]
    fn encode_split(&self, run: &mut Encoder<'_>, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        let Ok(count) = u16::try_from(self.len()) else { return Err(too_long(self.len())) };
        count.encode(run)?;
        T::encode_all(self, out)
    }
}

impl<'a> Decode<'a> for &'a [u8] {
    #[inline]
    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        Self::decode_split(&mut input.sub(Self::HEAD)?, input)
    }

    #[inline]
    fn decode_split(run: &mut Decoder<'a>, input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        let count = run.value::<u16>()?;
        input.take(usize::from(count))
    }
}

/// The same.
impl<T: Encode> Encode for Vec<T> {
    const SIZE: Size = <&[T]>::SIZE;
    const TYPE: Type = <&[T]>::TYPE;
    const HEAD: usize = <&[T]>::HEAD;

    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        self.as_slice().encode(out)
    }

    #[inline]
    fn encode_split(&self, run: &mut Encoder<'_>, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        self.as_slice().encode_split(run, out)
    }
}

impl<'a, T: Decode<'a>> Decode<'a> for Vec<T> {
    #[inline]
    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        Self::decode_split(&mut input.sub(Self::HEAD)?, input)
    }

    #[inline]
    fn decode_split(run: &mut Decoder<'a>, input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        const {
            assert!(
                T::SIZE.min > 0,
                "the items of a list take at least one byte each, or its count could claim any number"
            );
        }
        let count = usize::from(run.value::<u16>()?);
        if count.saturating_mul(T::SIZE.min) > input.len() {
            return Err(input.error(DecodeErrorKind::Truncated));
        }
        T::decode_vec(input, count)
    }
}

fn too_long(len: usize) -> EncodeError {
    EncodeError::new(EncodeErrorKind::TooLong { len, max: usize::from(u16::MAX) })
}
