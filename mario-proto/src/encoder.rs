use core::mem;

use crate::{Encode, EncodeError};

/// A cursor over the room for a payload. It cannot panic: what does not fit is an error.
///
/// ```
/// use mario_proto::Encoder;
///
/// let mut room = [0; 4];
/// let mut out = Encoder::new(&mut room);
/// out.put_array([0x02, 0x00]).unwrap();
/// assert!(out.put(b"hello").is_err());
/// out.put(b"hi").unwrap();
/// assert_eq!(out.written(), 4);
/// assert_eq!(&room, b"\x02\x00hi");
/// ```
#[derive(Debug)]
pub struct Encoder<'a> {
    left: &'a mut [u8],
    room: usize,
}

impl<'a> Encoder<'a> {
    /// A cursor at the start of `room`.
    #[inline]
    pub const fn new(room: &'a mut [u8]) -> Self {
        Self { room: room.len(), left: room }
    }

    /// How many bytes have been written.
    #[inline]
    pub const fn written(&self) -> usize {
        self.room.wrapping_sub(self.left.len())
    }

    /// How many more bytes fit.
    #[inline]
    pub const fn left(&self) -> usize {
        self.left.len()
    }

    /// Writes `bytes`.
    ///
    /// # Errors
    /// [`EncodeErrorKind::Full`](crate::EncodeErrorKind::Full) if they do not fit; then nothing is written.
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.reserve(bytes.len()).map(|room| room.copy_from_slice(bytes))
    }

    /// Writes `bytes`.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    #[inline]
    pub fn put_array<const N: usize>(&mut self, bytes: [u8; N]) -> Result<(), EncodeError> {
        if self.left.len() < N {
            return Err(EncodeError::full());
        }
        let Some((here, left)) = mem::take(&mut self.left).split_first_chunk_mut() else {
            return Err(EncodeError::full());
        };
        *here = bytes;
        self.left = left;
        Ok(())
    }

    /// Sets the next `len` bytes apart, to be written later; they count as written.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    #[inline]
    pub fn reserve(&mut self, len: usize) -> Result<&'a mut [u8], EncodeError> {
        if self.left.len() < len {
            return Err(EncodeError::full());
        }
        Ok(self.reserve_some(len))
    }

    /// The next `len` bytes, or none if fewer fit: where it is known that they do.
    #[inline]
    pub(crate) fn reserve_some(&mut self, len: usize) -> &'a mut [u8] {
        match mem::take(&mut self.left).split_at_mut_checked(len) {
            Some((here, left)) => {
                self.left = left;
                here
            }
            None => &mut [],
        }
    }

    /// The next `len` bytes as a cursor of their own.
    ///
    /// With a constant `len`, writes of constant lengths to it compile to no check at all: so a run of fields is
    /// checked once. They count as written here at once.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    #[inline]
    pub fn sub(&mut self, len: usize) -> Result<Encoder<'a>, EncodeError> {
        if self.left.len() < len {
            return Err(EncodeError::full());
        }
        Ok(Self::new(self.reserve_some(len)))
    }

    /// Writes `value`.
    ///
    /// # Errors
    /// Those of the value's type.
    #[inline]
    pub fn value<T: Encode>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.encode(self)
    }
}
