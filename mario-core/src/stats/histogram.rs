//! How long things took, in buckets.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Each power of two has so many buckets, so that a bucket is at most a quarter wide of what is in it.
const STEPS: usize = 4;

/// Up to 18 minutes; what takes longer is counted with that.
const BUCKETS: usize = 40 * STEPS;

/// Times with one writer.
pub(crate) struct Times {
    counts: [AtomicU64; BUCKETS],
    /// Of all, in nanoseconds.
    sum: AtomicU64,
    longest: AtomicU64,
}

impl Default for Times {
    fn default() -> Self {
        let counts = [const { AtomicU64::new(0) }; BUCKETS];
        Times { counts, sum: AtomicU64::new(0), longest: AtomicU64::new(0) }
    }
}

impl Times {
    #[inline]
    pub(crate) fn add(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let count = &self.counts[bucket(nanos)];
        count.store(count.load(Relaxed) + 1, Relaxed);
        self.sum.store(self.sum.load(Relaxed).saturating_add(nanos), Relaxed);
        if nanos > self.longest.load(Relaxed) {
            self.longest.store(nanos, Relaxed);
        }
    }

    pub(crate) fn read(&self) -> Histogram {
        let counts = self.counts.iter().map(|count| count.load(Relaxed)).collect();
        let (sum, longest) = (self.sum.load(Relaxed), self.longest.load(Relaxed));
        Histogram { counts, sum: Duration::from_nanos(sum), longest: Duration::from_nanos(longest) }
    }
}

impl fmt::Debug for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read().fmt(f)
    }
}

fn bucket(nanos: u64) -> usize {
    if nanos < STEPS as u64 {
        return nanos as usize;
    }
    let power = nanos.ilog2() as usize;
    let step = (nanos >> (power - 2)) as usize % STEPS;
    ((power - 1) * STEPS + step).min(BUCKETS - 1)
}

/// The shortest time that is above a bucket, in nanoseconds.
fn end(bucket: usize) -> u64 {
    match bucket {
        0..STEPS => bucket as u64 + 1,
        _ => (STEPS + bucket % STEPS + 1) as u64 * (1 << (bucket / STEPS - 1)),
    }
}

/// How long things took: how many of them how long, to a quarter.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: Vec<u64>,
    sum: Duration,
    longest: Duration,
}

impl Histogram {
    /// How many things.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How long all of them together.
    pub fn sum(&self) -> Duration {
        self.sum
    }

    /// How long the longest.
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// What a share of them, from 0 to 1, took no longer than: at most a quarter more than was so. Nothing if there are
    /// none.
    ///
    /// ```
    /// let none = mario::metrics::Histogram::default();
    /// assert_eq!(none.quantile(0.99), std::time::Duration::ZERO);
    /// ```
    pub fn quantile(&self, share: f64) -> Duration {
        let wanted = (self.count() as f64 * share.clamp(0.0, 1.0)).ceil() as u64;
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted && seen > 0 {
                return Duration::from_nanos(end(bucket)).min(self.longest);
            }
        }
        Duration::ZERO
    }

    /// How many took no longer than each of these times; for displays that want buckets of their own.
    pub fn up_to<'h>(&'h self, times: &'h [Duration]) -> impl Iterator<Item = u64> + 'h {
        times.iter().map(|time| {
            let whole = |bucket: &usize| u128::from(end(*bucket)) <= time.as_nanos() + 1;
            (0..self.counts.len()).take_while(whole).map(|bucket| self.counts[bucket]).sum()
        })
    }

    /// What was added since an earlier state of the same: of each bucket the longest time, and how many.
    #[cfg(feature = "metrics")]
    pub(crate) fn since<'h>(&'h self, before: &'h Histogram) -> impl Iterator<Item = (Duration, u64)> + 'h {
        let earlier = before.counts.iter().copied().chain(std::iter::repeat(0));
        let added =
            self.counts.iter().zip(earlier).map(|(now, before)| now.saturating_sub(before)).enumerate();
        added
            .filter(|(_, count)| *count > 0)
            .map(|(bucket, count)| (Duration::from_nanos(end(bucket) - 1).min(self.longest), count))
    }

    pub(crate) fn merge(&mut self, other: &Histogram) {
        self.counts.resize(BUCKETS, 0);
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.sum += other.sum;
        self.longest = self.longest.max(other.longest);
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram")
            .field("count", &self.count())
            .field("p50", &self.quantile(0.5))
            .field("p99", &self.quantile(0.99))
            .field("longest", &self.longest)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_quantile_is_right_to_a_quarter(mut nanos in prop::collection::vec(0..10_000_000_000u64, 1..200), share in 0.0..1.0f64) {
            let times = Times::default();
            for nanos in &nanos {
                times.add(Duration::from_nanos(*nanos));
            }
            nanos.sort_unstable();
            let histogram = times.read();
            let rank = ((nanos.len() as f64 * share).ceil() as usize).max(1);
            let (exact, found) = (nanos[rank - 1], histogram.quantile(share).as_nanos() as u64);
            prop_assert!(exact <= found && found <= exact + exact / 4 + 1, "{exact} {found}");
            prop_assert_eq!(histogram.count(), nanos.len() as u64);
            prop_assert_eq!(histogram.sum(), Duration::from_nanos(nanos.iter().sum()));
            prop_assert_eq!(histogram.quantile(1.0), Duration::from_nanos(nanos[nanos.len() - 1]));
        }

        #[test]
        fn buckets_follow_each_other(nanos: u64) {
            let bucket = bucket(nanos);
            prop_assert!(nanos < end(bucket) || bucket == BUCKETS - 1);
            prop_assert!(bucket == 0 || nanos >= end(bucket - 1));
        }
    }
}
