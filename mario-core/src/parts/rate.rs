//! How fast something may happen, and what becomes of more.

mod bucket;

pub(crate) use bucket::Bucket;

/// How fast something may happen: so many a second in the long run, and so many at once.
///
/// A bucket holds as many tokens as the burst is. Each connection, frame or byte takes one, and each second brings as many
/// as the rate is, evenly, until the bucket is full.
///
/// ```
/// use mario::{Excess, Rate};
///
/// let rate = Rate::per_second(50); // 50 at once, then one each 20 ms
/// let rate = Rate::per_second(50).burst(200); // 200 at once
/// let rate = Rate::per_second(50).excess(Excess::Close); // who is faster is closed
/// # let _ = rate;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub(crate) per_second: u32,
    pub(crate) burst: u32,
    pub(crate) excess: Excess,
}

/// What becomes of that for which a [`Rate`] has no token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Excess {
    /// It waits outside until there are tokens again: a connection in the listener's backlog, frames and bytes in the
    /// system's buffers, and then on the peer's side.
    #[default]
    Pause,
    /// The connection is closed.
    Close,
}

impl Rate {
    /// So many a second, at least 1, and as many at once.
    #[must_use]
    pub const fn per_second(count: u32) -> Rate {
        Rate { per_second: count, burst: count, excess: Excess::Pause }
    }

    /// How many at once, at least 1.
    #[must_use]
    pub const fn burst(mut self, count: u32) -> Rate {
        self.burst = count;
        self
    }

    /// What becomes of more; by default [`Excess::Pause`].
    #[must_use]
    pub const fn excess(mut self, excess: Excess) -> Rate {
        self.excess = excess;
        self
    }

    pub(crate) fn pauses(self) -> bool {
        self.excess == Excess::Pause
    }
}
