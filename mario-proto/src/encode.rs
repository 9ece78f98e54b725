use crate::{EncodeError, Encoder, Size, Type};

/// What can be written to a payload: a value of a field, or a whole packet.
///
/// Scalars, `bool`, arrays, text, bytes, lists and options are; `#[derive(Packet)]` makes your own types so.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel in a packet",
    label = "not a type of the wire",
    note = "the wire knows integers and floats of a fixed width, `bool`, arrays, `&str`, `String`, `&[u8]`, `Vec`, `Option`, and types with `#[derive(Packet)]`"
)]
pub trait Encode {
    /// How many bytes a value takes.
    const SIZE: Size;

    /// What it is on the wire, for those who document it.
    const TYPE: Type = Type::Opaque { size: Self::SIZE };

    /// How many of its bytes belong to the run of fixed bytes before it: all if their number is fixed, none if not;
    /// the length prefix of what has one.
    #[doc(hidden)]
    const HEAD: usize = if Self::SIZE.is_fixed() { Self::SIZE.min } else { 0 };

    /// Whether its size is fixed and all bytes of that size are a value, so that reading one can't fail.
    #[doc(hidden)]
    const ANY_BYTES: bool = false;

    /// Writes the value.
    ///
    /// # Errors
    /// When it does not fit, or breaks a limit of its own.
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError>;

    /// Writes its [`HEAD`](Self::HEAD) to `run`, and the rest to `out`, which stands behind the run.
    #[doc(hidden)]
    #[inline]
    fn encode_split(&self, run: &mut Encoder<'_>, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        if const { Self::SIZE.is_fixed() } { self.encode(run) } else { self.encode(out) }
    }

    /// Writes `items` one after another. Here, and not a function beside it, so that bytes can be copied at once.
    #[doc(hidden)]
    #[inline]
    fn encode_all(items: &[Self], out: &mut Encoder<'_>) -> Result<(), EncodeError>
    where
        Self: Sized,
    {
        let size = Self::SIZE;
        if size.is_fixed() && size.min > 0 {
            let Some(len) = items.len().checked_mul(size.min) else { return Err(EncodeError::full()) };
            for (item, room) in items.iter().zip(out.reserve(len)?.chunks_exact_mut(size.min)) {
                item.encode(&mut Encoder::new(room))?;
            }
            return Ok(());
        }
        items.iter().try_for_each(|item| item.encode(out))
    }
}
