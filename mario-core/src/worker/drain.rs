//! How a worker that drains lets its connections go: one after another, evenly over a window.

use std::collections::TryReserveError;
use std::time::Duration;

use crate::parts::deadlines::{self, Deadlines};
use crate::parts::slots::Key;

/// What may be due for connections whose worker drains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Its turn to be told.
    Turn(u32),
    /// The end of its notice.
    End(u32),
}

/// When each connection of a worker has its turn, and when its notice ends.
pub(super) struct Drain {
    window: Duration,
    /// The end of the window.
    last_turn: Duration,
    /// When the last turn or notice ends.
    end: Duration,
    turns: Deadlines,
    notices: Deadlines,
    next_sweep: Duration,
    /// In this sweep it is the notices' turn.
    turns_are_swept: bool,
}

impl Drain {
    /// A drain over `window`, or an error if so much memory can't be had. It is used only once a drain begins.
    pub(super) fn new(window: Duration, slots: usize) -> Result<Self, TryReserveError> {
        Ok(Drain {
            window,
            last_turn: Duration::ZERO,
            end: Duration::ZERO,
            turns: Deadlines::new(slots)?,
            notices: Deadlines::new(slots)?,
            next_sweep: Duration::ZERO,
            turns_are_swept: false,
        })
    }

    /// Gives each of `keys` a turn. The window is cut in as many pieces, and each has its turn anywhere in its own: so
    /// no stretch of time has many more turns than its share, and no two servers are in step.
    pub(super) fn begin(&mut self, keys: &[Key], now: Duration) {
        (self.last_turn, self.end, self.next_sweep) = (now + self.window, now + self.window, now);
        let piece = 1.0 / keys.len() as f64;
        for (number, key) in keys.iter().enumerate() {
            let place = (number as f64 + fastrand::f64()) * piece;
            self.turns.set(key.index, now, self.window.mul_f64(place));
        }
    }

    /// Gives a connection that comes while the others go a turn in the rest of the window.
    pub(super) fn join(&mut self, key: Key, now: Duration) {
        let left = self.last_turn.saturating_sub(now);
        self.notices.clear(key.index);
        self.turns.set(key.index, now, left.mul_f64(fastrand::f64()));
    }

    /// Lets a connection stay for a while yet.
    pub(super) fn stay(&mut self, key: Key, now: Duration, notice: Duration) {
        let notice = notice.min(deadlines::LONGEST);
        self.end = self.end.max(now + notice);
        self.notices.set(key.index, now, notice);
    }

    /// The next that is due. `None` ends this sweep.
    pub(super) fn next(&mut self, now: Duration) -> Option<Due> {
        if now < self.next_sweep {
            return None;
        }
        if !self.turns_are_swept {
            if let Some(slot) = self.turns.expired(now) {
                return Some(Due::Turn(slot));
            }
            self.turns_are_swept = true;
        }
        if let Some(slot) = self.notices.expired(now) {
            return Some(Due::End(slot));
        }
        self.turns_are_swept = false;
        self.next_sweep = now + (self.window / 1000).clamp(Duration::from_millis(2), LATEST);
        None
    }

    /// When to look for what is due.
    pub(super) fn next_sweep(&self) -> Duration {
        self.next_sweep
    }

    /// When the last turn or notice ends, as far as is known.
    pub(super) fn end(&self) -> Duration {
        self.end
    }
}

/// How late a turn may come.
const LATEST: Duration = Duration::from_millis(100);
