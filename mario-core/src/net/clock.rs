//! The seam to the system's time.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Tells the time since its own start; never goes backwards.
pub(crate) trait Clock {
    fn now(&self) -> Duration;
}

/// The system's monotonic clock.
///
/// Not by [`Instant`](std::time::Instant): what it does beside the reading takes four times as many instructions as that,
/// and a worker looks at the clock twice a round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock(Duration);

impl SystemClock {
    pub(crate) fn start() -> Self {
        SystemClock(since_boot())
    }
}

impl Clock for SystemClock {
    #[inline]
    fn now(&self) -> Duration {
        since_boot().saturating_sub(self.0)
    }
}

#[inline]
fn since_boot() -> Duration {
    let time = clock_gettime(ClockId::Monotonic);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
