//! Amounts of memory, for what is said of them before the start.

use std::ops::{Add, AddAssign};

/// Some memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extent {
    /// What is laid out at the start.
    pub at_start: usize,
    /// What it becomes at most.
    pub at_most: usize,
}

impl Extent {
    /// What is as large as it will ever be.
    pub(crate) fn fixed(bytes: usize) -> Self {
        Extent { at_start: bytes, at_most: bytes }
    }

    /// So much for each of so many.
    pub(crate) fn times(self, count: usize) -> Self {
        let all = |bytes: usize| bytes.saturating_mul(count);
        Extent { at_start: all(self.at_start), at_most: all(self.at_most) }
    }

    /// What there is only later.
    pub(crate) fn later(bytes: usize) -> Self {
        Extent { at_start: 0, at_most: bytes }
    }
}

impl Add for Extent {
    type Output = Extent;

    fn add(self, other: Extent) -> Extent {
        Extent {
            at_start: self.at_start.saturating_add(other.at_start),
            at_most: self.at_most.saturating_add(other.at_most),
        }
    }
}

impl AddAssign for Extent {
    fn add_assign(&mut self, other: Extent) {
        *self = *self + other;
    }
}

/// A table for people.
/// What a map of the standard library takes at most that never had more than so many entries: with as many free places as
/// it may have after much coming and going, and twice at the moment when it grows.
pub(crate) fn map<K, V>(entries: usize) -> usize {
    if entries == 0 {
        return 0;
    }
    let buckets = (16 * (entries + 1) / 7 + 1).next_power_of_two().max(8) * 2;
    (buckets + buckets / 2) * (size_of::<(K, V)>() + 1) + 64
}
