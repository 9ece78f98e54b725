//! What a field may be beyond its type: a range, known flags, a check of the user's own. Both sides obey.

use core::ops::RangeBounds;

use crate::{DecodeErrorKind, EncodeErrorKind};

/// A rule that a value breaks.
#[derive(Clone, Copy)]
pub enum Broken {
    Range,
    Check,
    Bits(u64),
}

/// Whether the value lies in the field's range.
#[inline]
pub fn within<T: PartialOrd>(value: &T, range: &impl RangeBounds<T>) -> Result<(), Broken> {
    if range.contains(value) { Ok(()) } else { Err(Broken::Range) }
}

/// What a check of the user's own has found.
#[inline]
pub const fn allowed(allowed: bool) -> Result<(), Broken> {
    if allowed { Ok(()) } else { Err(Broken::Check) }
}

/// The flags that `bits` are, if all are declared.
#[inline]
pub fn known<T, B: Into<u64>>(flags: Option<T>, bits: B) -> Result<T, Broken> {
    flags.ok_or_else(|| Broken::Bits(bits.into()))
}

impl From<Broken> for DecodeErrorKind {
    #[inline]
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Range => Self::OutOfRange,
            Broken::Check => Self::Refused,
            Broken::Bits(found) => Self::UnknownBits { found },
        }
    }
}

impl From<Broken> for EncodeErrorKind {
    #[inline]
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Range => Self::OutOfRange,
            Broken::Check | Broken::Bits(_) => Self::Refused,
        }
    }
}
