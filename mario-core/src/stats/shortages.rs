//! What was full when something found no room.

use super::Counter;

/// Something of a worker that has so much room and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shortage {
    InputPool,
    OutputPool,
    /// Of one connection.
    OutputLimit,
    Answers,
    KeptPushes,
    Timers,
    Memberships,
}

/// How often each was full.
#[derive(Debug, Default)]
pub(crate) struct Shortages([Counter; Shortage::NAMES.len()]);

impl Shortage {
    /// As metrics name them.
    const NAMES: [&'static str; 7] =
        ["input_pool", "output_pool", "output_limit", "deferred", "kept_pushes", "timers", "memberships"];
}

impl Shortages {
    #[cold]
    pub(crate) fn count(&self, shortage: Shortage) {
        self.0[shortage as usize].add(1);
    }

    /// Each with its name.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Shortage::NAMES.into_iter().zip(self.0.iter().map(Counter::get))
    }
}
