use alloc::vec::Vec;

use crate::{
    Decode, DecodeError, DecodeErrorKind, Decoder, Encode, EncodeError, EncodeErrorKind, Encoder, Size,
};

/// A `u16` count, then the items.
impl<T: Encode> Encode for &[T] {
    const SIZE: Size = u16::SIZE.then(T::SIZE.up_to(u16::MAX as usize));

    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        let Ok(count) = u16::try_from(self.len()) else { return Err(too_long(self.len())) };
        count.encode(out)?;
        T::encode_all(self, out)
    }
}

impl<'a> Decode<'a> for &'a [u8] {
    #[inline]
    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        let count = input.value::<u16>()?;
        input.take(usize::from(count))
    }
}

impl<T: Encode> Encode for Vec<T> {
    const SIZE: Size = <&[T]>::SIZE;

    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        self.as_slice().encode(out)
    }
}

impl<'a, T: Decode<'a>> Decode<'a> for Vec<T> {
    #[inline]
    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        const {
            assert!(
                T::SIZE.min > 0,
                "the items of a list take at least one byte each, or a count could claim any number"
            );
        }
        let count = usize::from(input.value::<u16>()?);
        if count.saturating_mul(T::SIZE.min) > input.len() {
            return Err(input.error(DecodeErrorKind::Truncated));
        }
        T::decode_vec(input, count)
    }
}

#[cold]
#[inline(never)]
fn too_long(len: usize) -> EncodeError {
    EncodeError::new(EncodeErrorKind::TooLong { len, max: usize::from(u16::MAX) })
}
