//! One small integer a connection, in an array of its own: setting a deadline is a store, and a sweep reads memory
//! in order.

use std::collections::TryReserveError;
use std::time::Duration;

/// The longest time that a deadline can lie ahead: half of the 32-bit circle of milliseconds, less than 25 days.
pub(crate) const LONGEST: Duration = Duration::from_millis(1 << 30);

/// How many are looked at together: enough for the compiler to use its widest registers.
const LANES: usize = 64;

/// The deadlines of one kind of all slots of a worker.
pub(crate) struct Deadlines {
    /// Milliseconds, odd and so never 0; 0 is none. The circle may wrap, as all comparisons are of differences.
    at: Vec<u32>,
    /// Where the sweep goes on.
    cursor: usize,
}

impl Deadlines {
    /// No deadline for any of `slots` slots yet, or an error if so much memory can't be had.
    pub(crate) fn new(slots: usize) -> Result<Self, TryReserveError> {
        let mut at = Vec::new();
        at.try_reserve_exact(slots)?;
        Ok(Deadlines { at, cursor: 0 })
    }

    /// What the deadlines of so many slots take.
    pub(crate) fn bytes(slots: usize) -> usize {
        slots * size_of::<u32>()
    }

    /// Sets the deadline of a slot to `after` from `now`, at most [`LONGEST`].
    #[inline]
    pub(crate) fn set(&mut self, slot: u32, now: Duration, after: Duration) {
        let at = circle(now + after.min(LONGEST)) | 1;
        match self.at.get_mut(slot as usize) {
            Some(deadline) => *deadline = at,
            None => self.first(slot, at),
        }
    }

    #[cold]
    fn first(&mut self, slot: u32, at: u32) {
        self.at.resize(slot as usize + 1, 0);
        self.at[slot as usize] = at;
    }

    #[inline]
    pub(crate) fn clear(&mut self, slot: u32) {
        if let Some(deadline) = self.at.get_mut(slot as usize) {
            *deadline = 0;
        }
    }

    #[inline]
    pub(crate) fn is_set(&self, slot: u32) -> bool {
        self.at.get(slot as usize).is_some_and(|deadline| *deadline != 0)
    }

    /// How long it is until the deadline of a slot, if it is set; 0 if it has passed.
    pub(crate) fn left(&self, slot: u32, now: Duration) -> Option<Duration> {
        let at = self.at.get(slot as usize).copied().filter(|at| *at != 0)?;
        let left = at.wrapping_sub(circle(now));
        Some(Duration::from_millis(if left < 1 << 31 { left.into() } else { 0 }))
    }

    /// The next slot of this sweep whose deadline is not after `now`; its deadline is cleared. `None` ends the
    /// sweep, and the call after it begins another.
    pub(crate) fn expired(&mut self, now: Duration) -> Option<u32> {
        let now = circle(now);
        let is_due = |at: u32| (at != 0) & (now.wrapping_sub(at) < 1 << 31);
        while self.cursor < self.at.len() {
            let end = (self.cursor + LANES).min(self.at.len());
            let lanes = &mut self.at[self.cursor..end];
            if !lanes.iter().fold(false, |any, at| any | is_due(*at)) {
                self.cursor = end;
                continue;
            }
            let due = lanes.iter().position(|at| is_due(*at))?;
            lanes[due] = 0;
            self.cursor += due + 1;
            return Some((self.cursor - 1) as u32);
        }
        self.cursor = 0;
        None
    }
}

/// A time as a place on the circle of 2³² milliseconds.
fn circle(time: Duration) -> u32 {
    time.as_millis() as u32
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn sweep(deadlines: &mut Deadlines, now: Duration) -> BTreeSet<u32> {
        std::iter::from_fn(|| deadlines.expired(now)).collect()
    }

    proptest! {
        #[test]
        fn each_that_is_due_is_reported_once(
            start in 0..1u64 << 40,
            delays in prop::collection::vec(prop::option::of(1..100_000u64), 1..300),
            passed in 0..200_000u64,
        ) {
            let mut deadlines = Deadlines::new(delays.len()).unwrap();
            let (start, passed) = (Duration::from_millis(start), Duration::from_millis(passed));
            for (slot, delay) in delays.iter().enumerate() {
                if let Some(delay) = delay {
                    deadlines.set(slot as u32, start, Duration::from_millis(*delay));
                }
            }
            let due = sweep(&mut deadlines, start + passed);
            for (slot, delay) in delays.iter().enumerate() {
                let slot = slot as u32;
                let Some(delay) = delay.map(Duration::from_millis) else {
                    prop_assert!(!due.contains(&slot));
                    continue;
                };
                // A deadline is rounded up to an odd millisecond.
                prop_assert!(due.contains(&slot) || delay + Duration::from_millis(1) > passed);
                prop_assert!(!due.contains(&slot) || delay <= passed);
                prop_assert_eq!(deadlines.is_set(slot), !due.contains(&slot));
            }
            prop_assert!(sweep(&mut deadlines, start + passed).is_empty());
        }
    }

    #[test]
    fn a_cleared_deadline_does_not_come() {
        let mut deadlines = Deadlines::new(4).unwrap();
        deadlines.set(3, Duration::ZERO, Duration::from_millis(5));
        deadlines.clear(3);
        assert!(sweep(&mut deadlines, Duration::from_secs(1)).is_empty());
    }
}
