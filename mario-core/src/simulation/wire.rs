//! One connection, between its client and the server.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::time::Duration;

use super::debts::Debt;
use super::expected::Expected;
use super::groups::{GROUPS, Membership};
use super::kept::Kept;
use super::mail::Offer;
use super::service::calls::Called;
use crate::link::ConnId;
use crate::parts::slots::Key;
use crate::reason::Reason;

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

    /// How much of the last write the network has not taken.
    pub(super) unsent: usize,

    /// When it was last seen that nothing was read from it for now.
    pub(super) held: Option<Duration>,
    /// Since when the server has a part of a frame, and waits for the rest.
    pub(super) partial: Option<Duration>,
    /// When the server had read how much.
    pub(super) reads: Vec<(Duration, usize)>,
    /// When so many of its frames were handled for certain.
    pub(super) handled: Vec<(Duration, usize)>,
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

    /// It was served when its worker had made its last step.
    pub(super) was_served: bool,
    /// Its service had ended then.
    pub(super) was_ended: bool,
    /// It had no slot any more.
    pub(super) was_gone: bool,
    /// How much was written then, if nothing kept it from getting whatever is sent.
    pub(super) calm: Option<usize>,
    /// The groups that it is in, and which of them its handlers have changed in this step of its worker.
    pub(super) groups: [Membership; GROUPS],
    pub(super) touched: [bool; GROUPS],
    /// Whose it is, and whether its handlers have changed that in this step of its worker.
    pub(super) user: Option<u64>,
    pub(super) rebound: bool,
    /// It was closed with nothing that could be the reason for anything to be missing.
    pub(super) owes_all: bool,

    /// What its worker has of it was looked at since it last did something, or was asked to.
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
    /// What was pushed to it, in the order in which its worker has done so.
    pub(super) offers: Vec<Offer>,
    /// What is known of those that keep the latest.
    pub(super) kept: Kept,
    /// How many bytes others may have sent it.
    pub(super) offered: usize,
    /// Its requests that were to be answered later.
    pub(super) debts: Vec<Debt>,
    /// One of them has to be answered before the next frame is handled.
    pub(super) awaits: bool,
    /// What other threads have asked to be done with it, and where some of what that sent stands: which of the news, and
    /// how many pushes were before.
    pub(super) calls: Vec<Called>,
    pub(super) marks: Vec<(usize, usize)>,
    /// One of these has panicked.
    pub(super) panicked: bool,
    /// How many were left unanswered.
    pub(super) unanswered: u64,
    /// Others have closed it, or its user has come by another connection.
    pub(super) closed: bool,
    pub(super) kicked: bool,
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

    /// So many of its frames have been handled.
    pub(super) fn has_handled(&mut self, frames: usize, now: Duration) {
        if self.handled.last().is_none_or(|(_, before)| *before < frames) {
            self.handled.push((now, frames));
        }
    }

    /// How many frames there are in so many bytes.
    pub(super) fn frames(&self, read: usize) -> usize {
        self.expected.steps.partition_point(|step| step.end <= read)
    }

    /// Its first frame has come.
    pub(super) fn has_spoken(&self) -> bool {
        self.expected.steps.first().is_some_and(|step| step.end <= self.read)
    }

    /// Whether its service has begun, and goes on.
    pub(super) fn is_served(&self) -> bool {
        self.life.connected && self.life.ended.is_none()
    }

    /// Whether it is a user's for all of this step.
    pub(super) fn is_bound_to(&self, user: u64) -> bool {
        self.user == Some(user) && !self.rebound
    }

    /// Whether a worker has it, or had.
    pub(super) fn is_of(&self, worker: usize) -> bool {
        self.place.is_some_and(|place| place.worker == worker)
    }

    /// Its id, once it has one.
    pub(super) fn id(&self) -> Option<ConnId> {
        self.place.map(|place| ConnId::new(place.worker, place.key))
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
