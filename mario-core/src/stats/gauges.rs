//! How full things are, published by their worker now and then.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The slots of a worker: `free`, `open` and `closing` together are always `capacity`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SlotMetrics {
    /// How many there are.
    pub capacity: u64,
    /// Nobody has them.
    pub free: u64,
    /// Of connections that have not ended.
    pub open: u64,
    /// Of connections that have ended, and whose last output is being flushed.
    pub closing: u64,
}

/// A pool of a worker, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolMetrics {
    /// How many there are.
    pub capacity: u64,
    /// How many are used now.
    pub used: u64,
    /// How many were used at most.
    pub peak: u64,
}

/// A worker's slots. One number holds them all, so that they fit each other whenever they are read.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    capacity: AtomicU64,
    /// The open ones in the upper half, the closing ones in the lower.
    taken: AtomicU64,
}

impl Slots {
    pub(crate) fn set_capacity(&self, capacity: usize) {
        self.capacity.store(capacity as u64, Relaxed);
    }

    #[inline]
    pub(crate) fn publish(&self, taken: usize, closing: u64) {
        self.taken.store((taken as u64).saturating_sub(closing) << 32 | closing, Relaxed);
    }

    pub(crate) fn read(&self) -> SlotMetrics {
        let (capacity, taken) = (self.capacity.load(Relaxed), self.taken.load(Relaxed));
        let (open, closing) = (taken >> 32, taken & u64::from(u32::MAX));
        SlotMetrics { capacity, free: capacity.saturating_sub(open + closing), open, closing }
    }
}

/// A worker's pool, in bytes.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    capacity: AtomicU64,
    used: AtomicU64,
    peak: AtomicU64,
}

impl Pool {
    #[inline]
    pub(crate) fn publish(&self, PoolMetrics { capacity, used, peak }: PoolMetrics) {
        self.capacity.store(capacity, Relaxed);
        self.used.store(used, Relaxed);
        self.peak.store(peak, Relaxed);
    }

    pub(crate) fn read(&self) -> PoolMetrics {
        PoolMetrics {
            capacity: self.capacity.load(Relaxed),
            used: self.used.load(Relaxed),
            peak: self.peak.load(Relaxed),
        }
    }
}
