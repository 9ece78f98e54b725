use alloc::vec::Vec;

use crate::format::decode_array;
use crate::run::truncated;
use crate::{DecodeError, DecodeErrorKind, Decoder, Encode, Type, owned};

/// What can be read from a payload: a value of a field, or a whole packet. It may borrow from the payload.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel in a packet",
    label = "not a type of the wire",
    note = "the wire knows integers and floats of a fixed width, `bool`, arrays, `&str`, `String`, `&[u8]`, `Vec`, `Option`, and types with `#[derive(Packet)]`"
)]
pub trait Decode<'a>: Encode + Sized {
    /// Reads the value, and leaves the cursor behind it.
    ///
    /// # Errors
    /// When the bytes are not such a value; where the cursor then stands is of no meaning.
    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError>;

    /// Reads its `HEAD` from `run`, and the rest from `input`, which stands behind the run.
    #[doc(hidden)]
    #[inline]
    fn decode_split(run: &mut Decoder<'a>, input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        if const { Self::SIZE.is_fixed() } { Self::decode(run) } else { Self::decode(input) }
    }

    /// Reads `N` items. Here, and not a function beside it, so that scalars can be copied at once.
    #[doc(hidden)]
    #[inline]
    fn decode_array<const N: usize>(input: &mut Decoder<'a>) -> Result<[Self; N], DecodeError> {
        decode_array(input, Self::decode)
    }

    /// Reads `count` items, for which the caller has seen that enough bytes are left. Here for the same reason.
    #[doc(hidden)]
    #[inline]
    fn decode_vec(input: &mut Decoder<'a>, count: usize) -> Result<Vec<Self>, DecodeError> {
        if const { Self::SIZE.is_fixed() && Self::SIZE.min > 0 } {
            return decode_fixed(input.sub(count.saturating_mul(Self::SIZE.min))?, count);
        }
        let mut items = owned::list(count, input)?;
        for _ in 0..count {
            owned::push(&mut items, Self::decode(input)?, input)?;
        }
        Ok(items)
    }
}

/// Reads `count` items of a fixed size, each from its own bytes.
#[inline]
fn decode_fixed<'a, T: Decode<'a>>(input: Decoder<'a>, count: usize) -> Result<Vec<T>, DecodeError> {
    let inputs = input.chunks(T::SIZE.min);
    if const { T::ANY_BYTES } {
        // Nothing fails, so that the vector is filled without another look at its capacity.
        return owned::all(inputs.map(|mut item| T::decode(&mut item)).map(always), &input);
    }
    let mut items = owned::list(count, &input)?;
    for mut item in inputs {
        let item = T::decode(&mut item)?;
        owned::push(&mut items, item, &input)?;
    }
    Ok(items)
}

/// The only way to a panic that is written down; no machine code goes it, which the tests see to. Without one, safe code
/// would have to look for room for each item.
#[inline]
fn always<T>(decoded: Result<T, DecodeError>) -> T {
    match decoded {
        Ok(item) => item,
        Err(_) => unreachable!("all bytes are an item"),
    }
}

/// Decodes a whole payload, to its last byte.
///
/// ```
/// use mario_proto::{DecodeErrorKind, decode_packet};
///
/// assert_eq!(decode_packet::<u16>(&[0x0a, 0x00]), Ok(10));
/// assert_eq!(decode_packet::<u16>(&[0x0a]).unwrap_err().kind, DecodeErrorKind::Truncated);
/// assert_eq!(decode_packet::<u16>(&[0x0a, 0, 0]).unwrap_err().kind, DecodeErrorKind::LeftOver { bytes: 1 });
/// ```
///
/// # Errors
/// When the payload is not a `P`, or is longer than one.
#[inline]
pub fn decode_packet<'a, P: Decode<'a>>(payload: &'a [u8]) -> Result<P, DecodeError> {
    // Only its length can be wrong; asked out of line, so that nothing else here is prepared for an error.
    if const { P::ANY_BYTES } && payload.len() != P::SIZE.min {
        return Err(wrong_length(payload, &P::TYPE, P::SIZE.min));
    }
    let mut input = Decoder::new(payload);
    match P::decode(&mut input) {
        Ok(packet) if input.is_empty() => Ok(packet),
        Ok(_) => Err(left_over(input.len(), input.offset())),
        Err(error) => Err(error),
    }
}

/// What is wrong with a payload that is not of the one length that such a value has.
#[cold]
#[inline(never)]
fn wrong_length(payload: &[u8], ty: &Type, len: usize) -> DecodeError {
    match payload.len().checked_sub(len) {
        Some(more) => left_over(more, len),
        None => truncated(payload, ty, len),
    }
}

#[inline]
fn left_over(bytes: usize, offset: usize) -> DecodeError {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    DecodeError::new(DecodeErrorKind::LeftOver { bytes }, offset)
}
