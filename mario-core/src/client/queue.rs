//! The bounded queue of frames that no call waits for.

use std::collections::VecDeque;
use std::fmt;

use super::received::Received;

pub(super) struct Queue {
    frames: VecDeque<Received>,
    capacity: usize,
    dropped: u64,
    closed: bool,
}

impl Queue {
    pub(super) fn new(capacity: usize) -> Self {
        Queue { frames: VecDeque::new(), capacity, dropped: 0, closed: false }
    }

    /// Whether there was room; what there is none for is counted.
    pub(super) fn push(&mut self, frame: Received) -> bool {
        let has_room = self.frames.len() < self.capacity;
        if has_room {
            self.frames.push_back(frame);
        } else {
            self.dropped += 1;
        }
        has_room
    }

    pub(super) fn pop(&mut self) -> Option<Received> {
        self.frames.pop_front()
    }

    /// No more will come.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// Whether there is nothing now, but may be later.
    pub(super) fn is_idle(&self) -> bool {
        self.frames.is_empty() && !self.closed
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pushes")
            .field("waiting", &self.frames.len())
            .field("dropped", &self.dropped)
            .field("closed", &self.closed)
            .finish()
    }
}
