use core::fmt;

/// Why a payload is not the packet it should be: what, in which field, and where.
///
/// Small and `Copy`, and nothing is allocated for it: malformed packets cost their receiver next to nothing.
///
/// ```
/// use mario_proto::{DecodeErrorKind, decode_packet};
///
/// let error = decode_packet::<bool>(&[2]).unwrap_err();
/// assert_eq!(error.kind, DecodeErrorKind::NotBool { found: 2 });
/// assert_eq!(error.to_string(), "the payload, at byte 0: 2 where a bool is 0 or 1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// What is wrong.
    pub kind: DecodeErrorKind,
    /// The innermost field that could not be decoded, as `SayHello.name`; empty if it is none of a packet's.
    pub field: &'static str,
    /// Where in the payload that field starts, in bytes; of a slice beyond 4 GiB, which no frame holds, its low bits.
    pub offset: u32,
}

/// What a [`DecodeError`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The payload ends before the field does.
    #[error("the payload ends before the field does")]
    Truncated,
    /// The packet ends before the payload does.
    #[error("{bytes} bytes left over after the packet")]
    LeftOver {
        /// How many bytes are left.
        bytes: u32,
    },
    /// A bool, or the flag before an optional value, that is neither 0 nor 1.
    #[error("{found} where a bool is 0 or 1")]
    NotBool {
        /// The byte that was there.
        found: u8,
    },
    /// Text that is not UTF-8.
    #[error("text that is not UTF-8")]
    NotUtf8,
    /// A value that the enum does not declare.
    #[error("{found} is no declared value of the enum")]
    UnknownValue {
        /// The value that was there; of a `u64` over `i64::MAX` its bits.
        found: i64,
    },
    /// Text in a fixed number of bytes with something else than NULs behind its first NUL.
    #[error("text with other bytes than NULs behind its end")]
    NotPadded,
    /// A number outside the field's range.
    #[error("a number outside the range of the field")]
    OutOfRange,
    /// Bits that no declared flag of the set has.
    #[error("bits of no declared flag in {found:#x}")]
    UnknownBits {
        /// The bits that were there, all of them.
        found: u64,
    },
    /// A value that the packet's own check refuses.
    #[error("a value that the packet's own check refuses")]
    Refused,
    /// A length or a count over the field's limit.
    #[error("a length of {len}, over the limit of {max}")]
    TooLong {
        /// The length or count on the wire.
        len: u32,
        /// The field's limit.
        max: u32,
    },
    /// There is no memory for text or a list that is not borrowed.
    #[error("there is no memory for it")]
    NoMemory,
}

impl DecodeError {
    /// An error of a field that has no name yet, which starts at `offset`.
    ///
    /// Inlined, so that whoever handles a `Result` of it sees that it is an error: returned from a function of its
    /// own, its kind would have to be looked at again.
    #[inline]
    pub const fn new(kind: DecodeErrorKind, offset: usize) -> Self {
        Self { kind, field: "", offset: offset as u32 }
    }

    /// The same, as an error of the field `name` that starts at `offset`, unless an inner field has claimed it.
    #[inline]
    #[must_use]
    pub const fn in_field(self, name: &'static str, offset: usize) -> Self {
        if self.field.is_empty() { Self { field: name, offset: offset as u32, ..self } } else { self }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = if self.field.is_empty() { "the payload" } else { self.field };
        write!(f, "{field}, at byte {}: {}", self.offset, self.kind)
    }
}

impl core::error::Error for DecodeError {}
