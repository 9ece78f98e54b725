use core::marker::PhantomData;

use arrayvec::ArrayVec;

use super::{Format, Parse};
use crate::describe::Type;
use crate::{DecodeError, DecodeErrorKind, Decoder, Encode, EncodeError, Encoder, Size};

/// One byte, 0 or 1, then an `F` if 1.
pub struct Opt<F>(PhantomData<F>);

impl<F: Format> Format for Opt<F> {
    type Value = Option<F::Value>;

    const SIZE: Size = <bool as Encode>::SIZE.plus(F::SIZE.at_most(1));
    const TYPE: Type = Type::Option(&F::TYPE);
    const HEAD: usize = <bool as Encode>::HEAD;

    #[inline]
    fn encode_split(
        value: &Option<F::Value>,
        run: &mut Encoder<'_>,
        out: &mut Encoder<'_>,
    ) -> Result<(), EncodeError> {
        run.value(&value.is_some())?;
        match value {
            Some(value) => F::encode(value, out),
            None => Ok(()),
        }
    }
}

impl<'a, F: Parse<'a>> Parse<'a> for Opt<F> {
    #[inline]
    fn decode_split(run: &mut Decoder<'a>, input: &mut Decoder<'a>) -> Result<Option<F::Value>, DecodeError> {
        if run.value()? { F::decode(input).map(Some) } else { Ok(None) }
    }
}

/// `N` times an `F`.
pub struct Array<F, const N: usize>(PhantomData<F>);

impl<F: Format, const N: usize> Format for Array<F, N> {
    type Value = [F::Value; N];

    const SIZE: Size = F::SIZE.repeated(N);
    const TYPE: Type = Type::Array(&F::TYPE, N);
    const ANY_BYTES: bool = F::ANY_BYTES;

    #[inline]
    fn encode_split(
        value: &[F::Value; N],
        run: &mut Encoder<'_>,
        out: &mut Encoder<'_>,
    ) -> Result<(), EncodeError> {
        if const { Self::SIZE.is_fixed() } {
            value.iter().try_for_each(|item| F::encode(item, run))
        } else {
            value.iter().try_for_each(|item| F::encode(item, out))
        }
    }
}

impl<'a, F: Parse<'a>, const N: usize> Parse<'a> for Array<F, N> {
    #[inline]
    fn decode_split(run: &mut Decoder<'a>, input: &mut Decoder<'a>) -> Result<[F::Value; N], DecodeError> {
        let cursor = if const { Self::SIZE.is_fixed() } { run } else { input };
        decode_array(cursor, F::decode)
    }
}

/// Fills an array item by item. Safe code has no other way, without a default and without a panic path.
#[inline]
pub(crate) fn decode_array<'a, T, const N: usize>(
    input: &mut Decoder<'a>,
    decode: impl Fn(&mut Decoder<'a>) -> Result<T, DecodeError>,
) -> Result<[T; N], DecodeError> {
    let mut items = ArrayVec::<T, N>::new();
    while !items.is_full() && items.try_push(decode(input)?).is_ok() {}
    items.into_inner().map_err(|_| input.error(DecodeErrorKind::Truncated))
}
