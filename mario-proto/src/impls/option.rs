use crate::format::{Format, Opt, Parse};
use crate::{Decode, DecodeError, Decoder, Encode, EncodeError, Encoder, Size, Type};

/// One byte, 0 or 1, then the value if 1.
impl<T: Encode> Encode for Option<T> {
    const SIZE: Size = <Opt<T> as Format>::SIZE;
    const TYPE: Type = <Opt<T> as Format>::TYPE;
    const HEAD: usize = <Opt<T> as Format>::HEAD;

    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        Opt::<T>::encode(self, out)
    }

    #[inline]
    fn encode_split(&self, run: &mut Encoder<'_>, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        Opt::<T>::encode_split(self, run, out)
    }
}

impl<'a, T: Decode<'a>> Decode<'a> for Option<T> {
    #[inline]
    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        Opt::<T>::decode(input)
    }

    #[inline]
    fn decode_split(run: &mut Decoder<'a>, input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        Opt::<T>::decode_split(run, input)
    }
}
