use crate::{Decode, DecodeError, Decoder, Encode, EncodeError, Encoder, Size, Type};

/// N items, one after another.
impl<T: Encode, const N: usize> Encode for [T; N] {
    const SIZE: Size = T::SIZE.repeated(N);
    const TYPE: Type = Type::Array(&T::TYPE, N);
    const ANY_BYTES: bool = T::ANY_BYTES;

    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        T::encode_all(self, out)
    }
}

impl<'a, T: Decode<'a>, const N: usize> Decode<'a> for [T; N] {
    #[inline]
    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        T::decode_array(input)
    }
}

/// The same, borrowed.
impl<const N: usize> Encode for &[u8; N] {
    const SIZE: Size = <[u8; N]>::SIZE;
    const TYPE: Type = <[u8; N]>::TYPE;
    const ANY_BYTES: bool = true;

    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        out.put_array(**self)
    }
}

impl<'a, const N: usize> Decode<'a> for &'a [u8; N] {
    #[inline]
    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        input.take_array()
    }
}
