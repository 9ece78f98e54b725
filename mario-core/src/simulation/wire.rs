//! One connection, between its client and the server.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::time::Duration;

use super::expected::Expected;
use crate::reason::Reason;
use crate::slots::Key;

#[derive(Default)]
pub(super) struct Wire {
    /// Under what the server watches it.
    pub(super) place: Option<Place>,

    /// What has arrived for the server and was not read.
    pub(super) inbound: VecDeque<u8>,
    /// How many bytes the server has read.
    pub(super) read: usize,
    /// How many bytes the server knows to be there, those that it has read included.
    pub(super) told: usize,
    /// The client sends no more.
    pub(super) finished: bool,
    /// The server knows that there is an end to be read.
    pub(super) end_told: bool,
    /// The server has read the end.
    pub(super) end_read: bool,
    /// The client has broken it off, or the network has.
    pub(super) reset: bool,

    /// What the client has not read.
    pub(super) outbound: VecDeque<u8>,
    /// How much of it the network takes.
    pub(super) capacity: usize,
    /// How many bytes the network has taken.
    pub(super) written: usize,
    /// The last write was not taken whole: who makes room tells the server.
    pub(super) full: bool,
    pub(super) received: Vec<u8>,
    /// The server's end: the client may have lost what it had not read.
    pub(super) cut: bool,

    /// When it was last seen that nothing was read from it for now.
    pub(super) held: Option<Duration>,
    /// Since when the server has a part of a frame, and waits for the rest.
    pub(super) partial: Option<Duration>,
    /// When the server had read how much.
    pub(super) reads: Vec<(Duration, usize)>,
    /// When it was accepted.
    pub(super) accepted: Option<Duration>,
    /// When the server began to serve it, read something last, and wrote something last.
    pub(super) began: Duration,
    pub(super) heard: Duration,
    pub(super) moved: Duration,
    /// How much was written at which time.
    pub(super) progress: VecDeque<(Duration, usize)>,
    /// When the server has said that it sends no more, and when it has closed it.
    pub(super) shut: Option<Duration>,
    pub(super) closed: Option<Duration>,
    /// The errors that the server got.
    pub(super) errors: Vec<ErrorKind>,

    /// What its worker has of it was looked at since it last did something.
    pub(super) is_seen: bool,
    pub(super) life: Life,
    /// What all that its client sends leads to.
    pub(super) expected: Expected,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) worker: usize,
    pub(super) key: Key,
}

/// A connection, as the service saw it.
#[derive(Default)]
pub(super) struct Life {
    pub(super) connected: bool,
    /// When that was.
    pub(super) began: Duration,
    /// The service has admitted it.
    pub(super) admitted: bool,
    pub(super) ended: Option<(Reason, Duration)>,
    /// Frames that the service was asked about.
    pub(super) heard: usize,
    /// How many bytes the network had taken when the last of them came.
    pub(super) written: usize,
    /// What it was sent beside the replies, frame by frame.
    pub(super) news: Vec<Vec<u8>>,
    /// When the calls are due that it was to have later.
    pub(super) due: Vec<Duration>,
    pub(super) drained: bool,
    /// What other threads have pushed to it, frame by frame.
    pub(super) pushes: Vec<Vec<u8>>,
}

impl Wire {
    /// The server has read some bytes more; it had so many before.
    pub(super) fn has_read(&mut self, before: usize, now: Duration) {
        let last = self.expected.ends().take_while(|end| *end <= self.read).last().unwrap_or_default();
        self.reads.push((now, self.read));
        if self.read == last {
            self.partial = None;
        } else if last > before || self.partial.is_none() {
            self.partial = Some(now);
        }
    }

    /// Its first frame has come.
    pub(super) fn has_spoken(&self) -> bool {
        self.expected.steps.first().is_some_and(|step| step.end <= self.read)
    }

    pub(super) fn has_room(&self) -> bool {
        self.outbound.len() < self.capacity
    }

    pub(super) fn is_readable(&self) -> bool {
        !self.inbound.is_empty() || self.is_read_closed()
    }

    pub(super) fn is_read_closed(&self) -> bool {
        self.finished || self.reset
    }
}
