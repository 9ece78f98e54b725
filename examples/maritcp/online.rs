//! A count that no two threads write: one number for each worker.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// How many are online at each worker.
pub struct Online(Vec<Slot>);

/// A number with a cache line of its own, so that one worker's writing does not slow the others.
#[repr(align(64))]
#[derive(Default)]
struct Slot(AtomicUsize);

impl Online {
    /// Nobody at any of `workers`.
    pub fn new(workers: usize) -> Self {
        Online((0..workers).map(|_| Slot::default()).collect())
    }

    /// One more at `worker`. Only that worker may say so.
    pub fn enter(&self, worker: usize) {
        let Slot(count) = &self.0[worker];
        count.store(count.load(Relaxed) + 1, Relaxed);
    }

    /// One fewer at `worker`. Only that worker may say so.
    pub fn leave(&self, worker: usize) {
        let Slot(count) = &self.0[worker];
        count.store(count.load(Relaxed) - 1, Relaxed);
    }

    /// All of them.
    pub fn count(&self) -> usize {
        self.0.iter().map(|Slot(count)| count.load(Relaxed)).sum()
    }
}
