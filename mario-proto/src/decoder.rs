use crate::{Decode, DecodeError, DecodeErrorKind, Size};

/// A cursor over a payload. It cannot panic: what is not there is an error.
///
/// ```
/// use mario_proto::Decoder;
///
/// let mut input = Decoder::new(&[0x0a, 0x00, b'h', b'i']);
/// assert_eq!(input.take_array(), Ok(&[0x0a, 0x00]));
/// assert_eq!(input.offset(), 2);
/// assert!(input.clone().take(3).is_err());
/// assert_eq!(input.rest(), b"hi");
/// ```
#[derive(Clone, Debug)]
pub struct Decoder<'a> {
    left: &'a [u8],
    /// Where in the payload `left` ends. Not where it starts: this way taking bytes changes one thing only.
    end: usize,
}

impl<'a> Decoder<'a> {
    /// A cursor at the start of `payload`.
    #[inline]
    pub const fn new(payload: &'a [u8]) -> Self {
        Self { left: payload, end: payload.len() }
    }

    /// A cursor at the start of `bytes`, which lie that far from the start of the payload.
    pub(crate) const fn at(offset: usize, bytes: &'a [u8]) -> Self {
        Self { left: bytes, end: offset.wrapping_add(bytes.len()) }
    }

    /// All that is left, and stays there.
    #[inline]
    pub(crate) const fn bytes(&self) -> &'a [u8] {
        self.left
    }

    /// How far from the start of the payload the cursor stands, in bytes.
    #[inline]
    pub const fn offset(&self) -> usize {
        self.end.wrapping_sub(self.left.len())
    }

    /// How many bytes are left.
    #[inline]
    pub const fn len(&self) -> usize {
        self.left.len()
    }

    /// Whether no bytes are left.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// [`DecodeErrorKind::Truncated`] if fewer are left; the cursor then stays where it is.
    #[inline]
    pub const fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        match self.left.split_at_checked(len) {
            Some((taken, left)) => {
                self.left = left;
                Ok(taken)
            }
            None => Err(self.error(DecodeErrorKind::Truncated)),
        }
    }

    /// The next `len` bytes, or none if fewer are left: where it is known that they are there.
    #[inline]
    pub(crate) const fn take_some(&mut self, len: usize) -> &'a [u8] {
        match self.left.split_at_checked(len) {
            Some((taken, left)) => {
                self.left = left;
                taken
            }
            None => &[],
        }
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    #[inline]
    pub const fn take_array<const N: usize>(&mut self) -> Result<&'a [u8; N], DecodeError> {
        match self.left.split_first_chunk() {
            Some((taken, left)) => {
                self.left = left;
                Ok(taken)
            }
            None => Err(self.error(DecodeErrorKind::Truncated)),
        }
    }

    /// The next `len` bytes as a cursor of their own, which counts offsets from the start of the same payload.
    ///
    /// With a constant `len`, reads of constant lengths from it compile to no check at all: so a run of fields is
    /// checked once.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    #[inline]
    pub const fn sub(&mut self, len: usize) -> Result<Self, DecodeError> {
        match self.take(len) {
            Ok(taken) => Ok(Self { left: taken, end: self.offset() }),
            Err(error) => Err(error),
        }
    }

    /// Sees whether `count` items of this size can be left.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    #[inline]
    pub(crate) const fn expect(&self, count: usize, item: Size) -> Result<(), DecodeError> {
        if count.saturating_mul(item.min) > self.left.len() {
            return Err(self.error(DecodeErrorKind::Truncated));
        }
        Ok(())
    }

    /// The next `len` bytes as a cursor of their own, or none if fewer are left: where it is known that they are there.
    #[inline]
    pub(crate) const fn part(&mut self, len: usize) -> Self {
        Self { left: self.take_some(len), end: self.offset() }
    }

    /// All that is left in pieces of `len` bytes; what is over is left out.
    #[inline]
    pub(crate) fn chunks(&self, len: usize) -> impl ExactSizeIterator<Item = Self> + use<'a> {
        let start = self.offset();
        let pieces = self.left.chunks_exact(len).enumerate();
        pieces.map(move |(index, left)| Self {
            left,
            end: start.wrapping_add(index.wrapping_add(1).wrapping_mul(len)),
        })
    }

    /// All that is left.
    #[inline]
    pub const fn rest(&mut self) -> &'a [u8] {
        let taken = self.left;
        self.left = &[];
        taken
    }

    /// The next value.
    ///
    /// # Errors
    /// Those of the value's type.
    #[inline]
    pub fn value<T: Decode<'a>>(&mut self) -> Result<T, DecodeError> {
        T::decode(self)
    }

    /// An error about what starts here.
    #[inline]
    pub const fn error(&self, kind: DecodeErrorKind) -> DecodeError {
        DecodeError::new(kind, self.offset())
    }
}
