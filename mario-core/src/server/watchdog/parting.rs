//! Workers that a shutdown waits for in vain: a thread can't be ended from outside, but it can be left behind.

use std::time::Duration;

use crate::mail::mailbox::Course;

/// How long a shutdown waits for a worker that does not come round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Farewell {
    /// The window of the drain, if there is one.
    pub(crate) drain: Option<Duration>,
    /// What is given beyond it.
    pub(crate) timeout: Duration,
}

impl Farewell {
    /// The time that a worker has from the order on.
    fn limit(self, course: Course) -> Option<Duration> {
        match course {
            Course::Serve => None,
            Course::Drain => Some(self.drain.unwrap_or_default() + self.timeout),
            Course::Close => Some(self.timeout),
        }
    }
}

/// What is known of one worker's way out.
#[derive(Default)]
pub(super) struct Parting {
    /// The order that it has, and when it was first seen.
    order: Option<(Course, Duration)>,
    is_over: bool,
}

impl Parting {
    /// Whether the worker is to be left behind now: its time is over, and for as long as the timeout it has not come round,
    /// as whoever does so ends by itself. Said once.
    pub(super) fn is_now(
        &mut self,
        farewell: Farewell,
        course: Course,
        stuck_for: Duration,
        now: Duration,
    ) -> bool {
        let Some(limit) = farewell.limit(course) else { return false };
        if self.order.is_none_or(|(known, _)| known != course) {
            self.order = Some((course, now));
        }
        let since = self.order.map_or(now, |(_, since)| since);
        let is_late = now >= since + limit && stuck_for >= farewell.timeout;
        is_late && !std::mem::replace(&mut self.is_over, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    const FAREWELL: Farewell =
        Farewell { drain: Some(Duration::from_secs(100)), timeout: Duration::from_secs(5) };

    #[test]
    fn who_hangs_is_left_behind_once_its_time_is_over() {
        let mut parting = Parting::default();
        let mut at =
            |course, stuck_for, now| parting.is_now(FAREWELL, course, seconds(stuck_for), seconds(now));
        assert!(!at(Course::Serve, 1_000, 1_000), "nobody wants it to end");
        assert!(!at(Course::Drain, 1_001, 1_001));
        assert!(!at(Course::Drain, 1_104, 1_105), "it may drain yet");
        assert!(!at(Course::Drain, 4, 1_110), "it has come round, and may be about to end");
        assert!(at(Course::Drain, 5, 1_111));
        assert!(!at(Course::Drain, 6, 1_112), "that is said");
    }

    #[test]
    fn a_second_order_leaves_less_time() {
        let mut parting = Parting::default();
        let mut at = |course, now| parting.is_now(FAREWELL, course, seconds(now), seconds(now));
        assert!(!at(Course::Drain, 10) && !at(Course::Close, 20) && !at(Course::Close, 24));
        assert!(at(Course::Close, 25));
    }
}
