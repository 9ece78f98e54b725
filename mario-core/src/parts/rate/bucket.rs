//! A token bucket.

use std::time::Duration;

use super::Rate;

/// A token in the unit of a bucket's level: a rate of `n` a second brings `n` units in a nanosecond, so that nothing is
/// ever rounded.
const TOKEN: u64 = 1_000_000_000;

/// What is left of the tokens of a [`Rate`], which is the same in each call and so not kept here.
///
/// Sixteen bytes without an atomic: of the crates, `governor` brings its own clocks and maps, and `leaky-bucket` a runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    level: u64,
    /// When that was the level, in nanoseconds.
    at: u64,
}

impl Bucket {
    /// One that is full.
    pub(crate) fn full(rate: Rate, now: Duration) -> Bucket {
        Bucket { level: capacity(rate), at: nanos(now) }
    }

    /// How many tokens there are.
    pub(crate) fn tokens(&mut self, rate: Rate, now: Duration) -> u64 {
        let now = nanos(now);
        // A clock that went backwards brings nothing, and nothing twice.
        let passed = now.saturating_sub(self.at);
        self.at = self.at.max(now);
        let brought = passed.saturating_mul(rate.per_second.into());
        self.level = self.level.saturating_add(brought).min(capacity(rate));
        self.level / TOKEN
    }

    /// Takes tokens, as many as [there are](Bucket::tokens) at most.
    pub(crate) fn take(&mut self, count: u64) {
        self.level = self.level.saturating_sub(count.saturating_mul(TOKEN));
    }

    /// Gives tokens back.
    pub(crate) fn put_back(&mut self, rate: Rate, count: u64) {
        self.level = self.level.saturating_add(count.saturating_mul(TOKEN)).min(capacity(rate));
    }

    /// How long it takes until there are so many tokens, or all that it can hold.
    pub(crate) fn wait(&self, rate: Rate, count: u64) -> Duration {
        let wanted = count.saturating_mul(TOKEN).min(capacity(rate));
        let missing = wanted.saturating_sub(self.level);
        Duration::from_nanos(missing.div_ceil(u64::from(rate.per_second).max(1)))
    }
}

fn capacity(rate: Rate) -> u64 {
    u64::from(rate.burst) * TOKEN
}

/// The clock counts from the start of the server: 64 bits are for 584 years.
fn nanos(time: Duration) -> u64 {
    time.as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_and_then_the_rate() {
        let rate = Rate::per_second(3).burst(5);
        let mut bucket = Bucket::full(rate, Duration::ZERO);
        assert_eq!(bucket.tokens(rate, Duration::ZERO), 5);
        bucket.take(5);
        assert_eq!(bucket.wait(rate, 1), Duration::from_nanos(333_333_334));
        assert_eq!(bucket.tokens(rate, Duration::from_nanos(333_333_333)), 0);
        assert_eq!(bucket.tokens(rate, Duration::from_nanos(333_333_334)), 1);
        // No part of a token is lost, however often one looks.
        for millis in 334..=1000 {
            bucket.tokens(rate, Duration::from_millis(millis));
        }
        assert_eq!(bucket.tokens(rate, Duration::from_secs(1)), 3);
        assert_eq!(bucket.tokens(rate, Duration::from_secs(1 << 40)), 5);
        assert_eq!(bucket.wait(rate, u64::MAX), Duration::ZERO);
    }

    #[test]
    fn the_largest_rates_do_not_overflow() {
        let rate = Rate::per_second(u32::MAX).burst(u32::MAX);
        let mut bucket = Bucket::full(rate, Duration::ZERO);
        bucket.take(u64::MAX);
        assert_eq!(bucket.wait(rate, u64::MAX), Duration::from_secs(1));
        assert_eq!(bucket.tokens(rate, Duration::from_nanos(u64::MAX)), u32::MAX.into());
        bucket.put_back(rate, u64::MAX);
        assert_eq!(bucket.tokens(rate, Duration::ZERO), u32::MAX.into());
        let slow = Rate::per_second(1).burst(u32::MAX);
        let mut bucket = Bucket::full(slow, Duration::ZERO);
        bucket.take(u64::MAX);
        assert_eq!(bucket.wait(slow, u64::MAX), Duration::from_secs(u32::MAX.into()));
    }

    /// Time that passes, or that seems to go back, and tokens that are taken or given back.
    type Step = (i64, u64, u64);

    proptest! {
        /// The same as counting exactly, in whole numbers of any size.
        #[test]
        fn counts_as_the_model(
            per_second in 1..u32::MAX,
            burst in 1..u32::MAX,
            steps in prop::collection::vec((-1_000_000_000..10_000_000_000i64, 0..1u64 << 33, 0..4u64), 1..60),
        ) {
            let rate = Rate::per_second(per_second).burst(burst);
            let mut bucket = Bucket::full(rate, Duration::ZERO);
            let mut model = i128::from(burst) * 1_000_000_000;
            let (mut now, mut latest) = (0i64, 0i64);
            for (passed, take, back) in steps as Vec<Step> {
                now = (now + passed).max(0);
                model += i128::from((now - latest).max(0)) * i128::from(per_second);
                model = model.min(i128::from(burst) * 1_000_000_000);
                latest = latest.max(now);
                let time = Duration::from_nanos(now as u64);
                let tokens = bucket.tokens(rate, time);
                prop_assert_eq!(i128::from(tokens), model / 1_000_000_000);
                // After the wait there is one, and not before.
                let end = Duration::from_nanos(latest as u64) + bucket.wait(rate, tokens + 1);
                let mut later = bucket;
                prop_assert!(later.tokens(rate, end) > tokens || tokens == u64::from(burst));
                if tokens < u64::from(burst) {
                    let mut earlier = bucket;
                    prop_assert_eq!(earlier.tokens(rate, end - Duration::from_nanos(1)), tokens);
                }
                let take = take.min(tokens);
                bucket.take(take);
                bucket.put_back(rate, back);
                model += (i128::from(back) - i128::from(take)) * 1_000_000_000;
                model = model.min(i128::from(burst) * 1_000_000_000);
            }
        }
    }
}
