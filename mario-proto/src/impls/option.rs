use crate::{Decode, DecodeError, Decoder, Encode, EncodeError, Encoder, Size};

/// One byte, 0 or 1, then the value if 1.
impl<T: Encode> Encode for Option<T> {
    const SIZE: Size = bool::SIZE.then(Size { min: 0, ..T::SIZE });

    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        self.is_some().encode(out)?;
        match self {
            Some(value) => value.encode(out),
            None => Ok(()),
        }
    }
}

impl<'a, T: Decode<'a>> Decode<'a> for Option<T> {
    #[inline]
    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        if bool::decode(input)? { T::decode(input).map(Some) } else { Ok(None) }
    }
}
