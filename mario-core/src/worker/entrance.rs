//! Where a worker's connections come from.

use std::time::Duration;

use crate::doorbell::Wake;
use crate::mail::mailbox::Hand;
use crate::net::accepting::{Accepted, Acceptor};
use crate::net::admission::Arrival;
use crate::net::{Listener, Poll};

/// Where a worker's connections come from.
pub(super) enum Entrance<P: Poll, W: Wake> {
    /// From the master, who has accepted them.
    Hand(Hand<Arrival<P::Stream>, W>),
    /// From the worker's own listener.
    Door(Door<P::Listener>),
    /// From nowhere: not yet, or not any more.
    Closed,
}

impl<P: Poll, W: Wake> Entrance<P, W> {
    /// There is something to do for which no event will come.
    pub(super) fn has_work(&self) -> bool {
        match self {
            Entrance::Hand(hand) => !hand.is_empty(),
            Entrance::Door(door) => door.crowded && door.pause_end.is_none(),
            Entrance::Closed => false,
        }
    }

    /// How many connections have a slot promised that they do not have yet.
    #[cfg(any(test, fuzzing))]
    pub(super) fn waiting(&self) -> usize {
        match self {
            Entrance::Hand(hand) => hand.len(),
            _ => 0,
        }
    }

    /// When there will be something to do without an event.
    pub(super) fn due(&self) -> Option<Duration> {
        match self {
            Entrance::Door(door) => door.pause_end,
            _ => None,
        }
    }
}

/// A worker's own listener.
pub(super) struct Door<L> {
    pub(super) acceptor: Acceptor<L>,
    /// Connections may wait, and no event will tell: events are edges.
    crowded: bool,
    /// When to try again, after the system could not accept.
    pause_end: Option<Duration>,
}

impl<L: Listener> Door<L> {
    pub(super) fn new(acceptor: Acceptor<L>) -> Self {
        Door { acceptor, crowded: true, pause_end: None }
    }

    /// Somebody may wait.
    #[inline]
    pub(super) fn is_crowded(&self) -> bool {
        self.crowded
    }

    /// There was an event.
    pub(super) fn knock(&mut self) {
        self.crowded = true;
    }

    /// The next connection that waits. After `Nothing` and `Pause`, an event or [`due`](Entrance::due) tells when to go
    /// on.
    pub(super) fn next(&mut self, now: Duration) -> Accepted<L::Stream> {
        if !self.crowded || self.pause_end.is_some_and(|end| now < end) {
            return Accepted::Nothing;
        }
        self.pause_end = None;
        let accepted = self.acceptor.next(now);
        match accepted {
            Accepted::Connection(..) | Accepted::Refused => {}
            Accepted::Nothing => self.crowded = false,
            Accepted::Pause(pause) => self.pause_end = Some(now + pause),
        }
        accepted
    }
}
