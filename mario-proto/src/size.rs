/// How many bytes a value takes on the wire, as far as its type says.
///
/// A constant of every type that travels: it lets lists be refused before anything is allocated, and runs of fields
/// that are [fixed](Self::is_fixed) be checked at once.
///
/// ```
/// use mario_proto::{Encode, Size};
///
/// assert_eq!(u32::SIZE, Size::fixed(4));
/// assert_eq!(String::SIZE, Size { min: 2, max: Some(2 + 65_535), open: false });
/// assert_eq!(Option::<u32>::SIZE, Size { min: 1, max: Some(5), open: false });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The fewest bytes.
    pub min: usize,
    /// The most bytes, if the type sets a limit.
    pub max: Option<usize>,
    /// Whether it takes whatever is left of the payload, and so has to be the last.
    pub open: bool,
}

impl Size {
    /// Exactly `bytes`.
    #[inline]
    pub const fn fixed(bytes: usize) -> Self {
        Self { min: bytes, max: Some(bytes), open: false }
    }

    /// All that is left of the payload, which is at least `min` bytes.
    #[inline]
    pub const fn rest(min: usize) -> Self {
        Self { min, max: None, open: true }
    }

    /// Whether every value takes the same number of bytes.
    #[inline]
    pub const fn is_fixed(self) -> bool {
        matches!(self.max, Some(max) if max == self.min)
    }

    /// This, followed by `next`.
    ///
    /// # Panics
    /// When this takes the rest of the payload: nothing can follow. In a constant that is a compile error.
    #[must_use]
    pub const fn then(self, next: Self) -> Self {
        assert!(!self.open, "what takes the rest of the payload has to be the last field");
        self.plus(next)
    }

    /// The same for generated code, which is told of such a field at its own token.
    pub(crate) const fn plus(self, next: Self) -> Self {
        let max = match (self.max, next.max) {
            (Some(a), Some(b)) => a.checked_add(b),
            _ => None,
        };
        Self { min: self.min.saturating_add(next.min), max, open: self.open || next.open }
    }

    /// This or `other`, whichever the value is.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        let max = match (self.max, other.max) {
            (Some(a), Some(b)) => Some(if a > b { a } else { b }),
            _ => None,
        };
        let min = if self.min < other.min { self.min } else { other.min };
        Self { min, max, open: self.open || other.open }
    }

    /// This, `count` times.
    ///
    /// # Panics
    /// When this takes the rest of the payload and `count` is over 1. In a constant that is a compile error.
    #[must_use]
    pub const fn times(self, count: usize) -> Self {
        assert!(!self.open || count < 2, "what takes the rest of the payload cannot be repeated");
        self.repeated(count)
    }

    /// The same for generated code, which is told of such an item at its own token.
    pub(crate) const fn repeated(self, count: usize) -> Self {
        let max = match self.max {
            Some(max) => max.checked_mul(count),
            None => None,
        };
        Self { min: self.min.saturating_mul(count), max, open: self.open }
    }

    /// Up to `count` of this.
    ///
    /// # Panics
    /// As [`times`](Self::times).
    #[must_use]
    pub const fn up_to(self, count: usize) -> Self {
        Self { min: 0, ..self.times(count) }
    }
    /// The same for generated code.
    pub(crate) const fn at_most(self, count: usize) -> Self {
        Self { min: 0, ..self.repeated(count) }
    }
}
