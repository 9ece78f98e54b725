//! What all threads of a load count, for whoever watches meanwhile.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::Serialize;

/// So many failures are enough to know that something is wrong: the load gives up.
pub(crate) const MOST_FAILURES: u64 = 100;

/// Counters that each thread adds to.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    opened: AtomicU64,
    closed: AtomicU64,
    lost: AtomicU64,
    replies: AtomicU64,
    failures: AtomicU64,
}

impl Counters {
    /// So many connections more are open and, where the load logs in, logged in.
    pub(crate) fn add_opened(&self, count: u64) {
        self.opened.fetch_add(count, Relaxed);
    }

    /// One more was closed, as was wanted.
    pub(crate) fn add_closed(&self) {
        self.closed.fetch_add(1, Relaxed);
    }

    /// So many replies more.
    pub(crate) fn add_replies(&self, count: u64) {
        self.replies.fetch_add(count, Relaxed);
    }

    /// A connection failed, before or after it was open.
    pub(crate) fn add_failure(&self, was_open: bool) {
        self.failures.fetch_add(1, Relaxed);
        self.lost.fetch_add(was_open.into(), Relaxed);
    }

    /// Whether there were so many failures that the load is to end.
    pub(crate) fn is_hopeless(&self) -> bool {
        self.failures.load(Relaxed) >= MOST_FAILURES
    }

    /// So far.
    pub(crate) fn read(&self) -> Counts {
        let (opened, closed) = (self.opened.load(Relaxed), self.closed.load(Relaxed));
        Counts {
            held: opened.saturating_sub(closed + self.lost.load(Relaxed)),
            opened,
            closed,
            replies: self.replies.load(Relaxed),
            failures: self.failures.load(Relaxed),
        }
    }
}

/// What was counted up to one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    /// Connections that are open.
    pub(crate) held: u64,
    /// Connections that were opened in all.
    pub(crate) opened: u64,
    /// Connections that were closed, as was wanted.
    pub(crate) closed: u64,
    pub(crate) replies: u64,
    pub(crate) failures: u64,
}

impl Counts {
    /// What was counted since an earlier moment.
    pub(crate) fn since(self, earlier: Counts) -> Counts {
        Counts {
            held: self.held,
            opened: self.opened - earlier.opened,
            closed: self.closed - earlier.closed,
            replies: self.replies - earlier.replies,
            failures: self.failures - earlier.failures,
        }
    }
}
