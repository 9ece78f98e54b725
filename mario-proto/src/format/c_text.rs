use alloc::string::String;
use core::marker::PhantomData;
use core::str;

use super::{Format, Parse};
use crate::describe::Type;
use crate::{DecodeError, DecodeErrorKind, Decoder, EncodeError, EncodeErrorKind, Encoder, Size, owned};

/// Text in exactly `N` bytes, filled up with NULs: C's `char[N]`. `S` is `&str` or `String`.
///
/// Text of all `N` bytes has no NUL behind it, as after C's `strncpy`. What follows the first NUL has to be NULs: so
/// each text has one encoding, and whatever else was in a client's memory does not travel.
pub struct CText<S, const N: usize>(PhantomData<S>);

impl<'s, const N: usize> Format for CText<&'s str, N> {
    type Value = &'s str;

    const SIZE: Size = Size::fixed(N);
    const TYPE: Type = Type::CText(N);

    #[inline]
    fn encode_split(value: &&str, run: &mut Encoder<'_>, _: &mut Encoder<'_>) -> Result<(), EncodeError> {
        let text = value.as_bytes();
        let room = run.reserve(N)?;
        let Some((start, padding)) = room.split_at_mut_checked(text.len()) else {
            return Err(EncodeError::new(EncodeErrorKind::TooLong { len: text.len(), max: N }));
        };
        if text.contains(&0) {
            return Err(EncodeError::new(EncodeErrorKind::NulInText));
        }
        start.copy_from_slice(text);
        padding.fill(0);
        Ok(())
    }
}

impl<'a, const N: usize> Parse<'a> for CText<&'a str, N> {
    #[inline]
    fn decode_split(run: &mut Decoder<'a>, _: &mut Decoder<'a>) -> Result<&'a str, DecodeError> {
        let start = run.clone();
        str::from_utf8(unpadded::<N>(run)?).map_err(|_| start.error(DecodeErrorKind::NotUtf8))
    }
}

impl<const N: usize> Format for CText<String, N> {
    type Value = String;

    const SIZE: Size = CText::<&str, N>::SIZE;
    const TYPE: Type = CText::<&str, N>::TYPE;

    #[inline]
    fn encode_split(value: &String, run: &mut Encoder<'_>, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        CText::<&str, N>::encode_split(&value.as_str(), run, out)
    }
}

impl<'a, const N: usize> Parse<'a> for CText<String, N> {
    #[inline]
    fn decode_split(run: &mut Decoder<'a>, _: &mut Decoder<'a>) -> Result<String, DecodeError> {
        let start = run.clone();
        owned::text(unpadded::<N>(run)?, &start)
    }
}

/// The bytes before the first NUL.
#[inline]
fn unpadded<'a, const N: usize>(run: &mut Decoder<'a>) -> Result<&'a [u8], DecodeError> {
    let start = run.offset();
    let bytes = run.take_array::<N>()?;
    let len = bytes.iter().position(|&byte| byte == 0).unwrap_or(N);
    let (text, padding) = bytes.split_at_checked(len).unwrap_or((bytes, &[]));
    if padding.iter().any(|&byte| byte != 0) {
        return Err(DecodeError::new(DecodeErrorKind::NotPadded, start));
    }
    Ok(text)
}
