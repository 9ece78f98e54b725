//! Log lines of one kind that many can cause: one a second at most.

use std::fmt;
use std::time::Duration;

const PAUSE: Duration = Duration::from_secs(1);

/// One kind of line.
#[derive(Debug, Default)]
pub(crate) struct Notice {
    /// When there may be another line.
    next: Duration,
    left_out: u64,
}

impl Notice {
    /// Writes a line with how many were left out before it, or leaves it out.
    #[cold]
    pub(crate) fn warn(&mut self, now: Duration, text: fmt::Arguments<'_>) {
        if let Some(left_out) = self.turn(now) {
            log::warn!("{text}{left_out}");
        }
    }

    /// The same for an error.
    #[cold]
    pub(crate) fn error(&mut self, now: Duration, text: fmt::Arguments<'_>) {
        if let Some(left_out) = self.turn(now) {
            log::error!("{text}{left_out}");
        }
    }

    fn turn(&mut self, now: Duration) -> Option<LeftOut> {
        if now < self.next {
            self.left_out += 1;
            return None;
        }
        self.next = now + PAUSE;
        Some(LeftOut(std::mem::take(&mut self.left_out)))
    }
}

struct LeftOut(u64);

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            count => write!(f, " (and {count} more such lines that were left out before)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_second_that_tells_of_the_others() {
        let mut notice = Notice::default();
        let mut line = |millis| {
            let line = notice.turn(Duration::from_millis(millis));
            line.map(|LeftOut(count)| count)
        };
        assert_eq!(line(0), Some(0));
        assert_eq!([line(1), line(500), line(999)], [None; 3]);
        assert_eq!(line(1000), Some(3));
        assert_eq!(line(1999), None);
        assert_eq!([line(9000), line(10_000)], [Some(1), Some(0)]);
    }
}
