//! A fixed rate: when each thing is due, whatever has become of the ones before it.

use std::time::{Duration, Instant};

/// Things that are due at a fixed rate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    from: Instant,
    until: Option<Instant>,
    rate: f64,
    /// Where in its interval the first one is due, from 0 to 1.
    phase: f64,
    done: u64,
}

impl Pace {
    /// One thread's part of so many things a second, from `from` on: the threads take turns.
    pub(crate) fn share(rate: f64, from: Instant, thread: usize, threads: usize) -> Pace {
        let threads = threads as f64;
        Pace { from, until: None, rate: rate / threads, phase: thread as f64 / threads, done: 0 }
    }

    /// The same, but nothing is due any more from `until` on.
    pub(crate) fn until(self, until: Instant) -> Pace {
        Pace { until: Some(until), ..self }
    }

    /// When the next one is due, if any ever is.
    pub(crate) fn next(&self) -> Option<Instant> {
        let seconds = (self.done as f64 + self.phase) / self.rate;
        let next = self.from + Duration::try_from_secs_f64(seconds).ok()?;
        self.until.is_none_or(|until| next < until).then_some(next)
    }

    /// When the next one was due, if that has come.
    pub(crate) fn due(&self, now: Instant) -> Option<Instant> {
        self.next().filter(|due| *due <= now)
    }

    /// How many are still to be done, if there is an end.
    pub(crate) fn left(&self) -> u64 {
        let (Some(until), Some(_)) = (self.until, self.next()) else { return 0 };
        let all = (until - self.from).as_secs_f64() * self.rate - self.phase;
        (all.ceil() as u64).saturating_sub(self.done)
    }

    /// The next one is done.
    pub(crate) fn advance(&mut self) {
        self.done += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threads_take_turns() {
        let from = Instant::now();
        let mut due = Vec::new();
        for thread in 0..4 {
            let mut pace = Pace::share(1000.0, from, thread, 4);
            while let Some(at) = pace.due(from + Duration::from_micros(999_500)) {
                due.push((at - from).as_micros());
                pace.advance();
            }
        }
        due.sort_unstable();
        assert_eq!(due, (0..1000).map(|i| i * 1000).collect::<Vec<_>>());
    }

    #[test]
    fn what_was_missed_is_due_at_its_own_time() {
        let from = Instant::now();
        let mut pace = Pace::share(10.0, from, 0, 1);
        pace.advance();
        assert_eq!(pace.due(from + Duration::from_secs(60)), Some(from + Duration::from_millis(100)));
    }

    #[test]
    fn nothing_is_due_after_the_end() {
        let from = Instant::now();
        let mut pace = Pace::share(10.0, from, 0, 1).until(from + Duration::from_secs(1));
        let mut count = 0;
        while pace.due(from + Duration::from_secs(60)).is_some() {
            assert_eq!(pace.left(), 10 - count);
            pace.advance();
            count += 1;
        }
        assert_eq!((count, pace.left()), (10, 0));
    }

    #[test]
    fn nothing_is_due_at_a_rate_of_zero() {
        let from = Instant::now();
        assert_eq!(Pace::share(0.0, from, 1, 2).next(), None);
        assert_eq!(Pace::share(0.0, from, 0, 1).next(), None);
    }
}
