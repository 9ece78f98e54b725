use crate::{Decode, DecodeError, Decoder, Encode, EncodeError, Encoder, Size, Type};

/// One byte, 0 or 1, then the value if 1.
impl<T: Encode> Encode for Option<T> {
    const SIZE: Size = bool::SIZE.then(T::SIZE.up_to(1));
    const TYPE: Type = Type::Option(&T::TYPE);
    const HEAD: usize = bool::HEAD;

    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        self.encode_split(&mut out.sub(Self::HEAD)?, out)
    }

    #[inline]
    fn encode_split(&self, run: &mut Encoder<'_>, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        self.is_some().encode(run)?;
        match self {
            Some(value) => value.encode(out),
            None => Ok(()),
        }
    }
}

impl<'a, T: Decode<'a>> Decode<'a> for Option<T> {
    #[inline]
    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        Self::decode_split(&mut input.sub(Self::HEAD)?, input)
    }

    #[inline]
    fn decode_split(run: &mut Decoder<'a>, input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        if bool::decode(run)? { T::decode(input).map(Some) } else { Ok(None) }
    }
}
