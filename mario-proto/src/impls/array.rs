use crate::{Decode, DecodeError, Decoder, Encode, EncodeError, Encoder, Size, Type};

/// N items, one after another.
impl<T: Encode, const N: usize> Encode for [T; N] {
    const SIZE: Size = T::SIZE.times(N);
    const TYPE: Type = Type::Array(&T::TYPE, N);

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
