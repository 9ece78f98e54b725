//! Where all that is left to chance comes from: a seed, or the bytes of a fuzzer.

use std::ops::Range;
use std::time::Duration;

use fastrand::Rng;

pub(super) struct Dice {
    /// What is thrown first, backwards.
    script: Vec<u8>,
    rng: Rng,
}

/// How often something happens: so many times in 256.
pub(super) type Rate = u8;

impl Dice {
    pub(super) fn from_seed(seed: u64) -> Self {
        Dice { script: Vec::new(), rng: Rng::with_seed(seed) }
    }

    /// Dice that show these bytes, and after them what a seed gives.
    pub(super) fn from_script(bytes: &[u8], seed: u64) -> Self {
        Dice { script: bytes.iter().rev().copied().collect(), rng: Rng::with_seed(seed) }
    }

    pub(super) fn chance(&mut self, rate: Rate) -> bool {
        rate > 0 && self.below(256) < usize::from(rate)
    }

    /// A number below `end`; 0 if that is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        match self.script.pop() {
            _ if end < 2 => 0,
            Some(byte) => usize::from(byte) % end,
            None => self.rng.usize(..end),
        }
    }

    pub(super) fn within(&mut self, range: Range<usize>) -> usize {
        range.start + self.below(range.len())
    }

    pub(super) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    pub(super) fn millis(&mut self, range: Range<usize>) -> Duration {
        Duration::from_millis(self.within(range) as u64)
    }

    /// The same things in another order.
    pub(super) fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }
}
