use core::fmt;

/// Why a packet could not be written: what, and which field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodeError {
    /// What is wrong.
    pub kind: EncodeErrorKind,
    /// The innermost field that could not be written, as `Hello.greeting`; empty if it is none of a packet's.
    pub field: &'static str,
}

/// What an [`EncodeError`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeErrorKind {
    /// The frame would be longer than the room for it: at most 65,535 bytes.
    #[error("the frame does not fit: a frame has 65535 bytes at most, so send less at once")]
    Full,
    /// Text that has a NUL in it, which ends it where it is filled up with NULs.
    #[error("text with a NUL inside, in a field that NULs fill up")]
    NulInText,
    /// A number outside the field's range.
    #[error("a number outside the range of the field")]
    OutOfRange,
    /// A value that the packet's own check refuses.
    #[error("a value that the packet's own check refuses")]
    Refused,
    /// Text, bytes or a list over what its length prefix can say, or over the field's own limit.
    #[error("a length of {len}, over the limit of {max}")]
    TooLong {
        /// The length in bytes, or the count of items.
        len: usize,
        /// The field's limit.
        max: usize,
    },
}

impl EncodeError {
    /// An error of a field that has no name yet.
    #[inline]
    pub const fn new(kind: EncodeErrorKind) -> Self {
        Self { kind, field: "" }
    }

    /// The same, as an error of the field `name`, unless an inner field has claimed it.
    #[inline]
    #[must_use]
    pub const fn in_field(self, name: &'static str) -> Self {
        if self.field.is_empty() { Self { field: name, ..self } } else { self }
    }

    #[inline]
    pub(crate) const fn full() -> Self {
        Self::new(EncodeErrorKind::Full)
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = if self.field.is_empty() { "the packet" } else { self.field };
        write!(f, "{field}: {}", self.kind)
    }
}

impl core::error::Error for EncodeError {}
