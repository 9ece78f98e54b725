//! Accepting from one listener: what is done when the system can't, and what is counted and said.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::net::admission::{Admission, Arrival, Doorkeeper};
use crate::net::{Listener, uninterrupted};
use crate::stats::Door;

/// How long accepting pauses after the system had no descriptors or memory: doubled each time, up to the second.
const PAUSE: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// There are free slots again once none was missed for so long.
const QUIET: Duration = Duration::from_secs(1);

/// A listener with its counters and its troubles.
pub(crate) struct Acceptor<L> {
    pub(crate) listener: L,
    door: Arc<Door>,
    doorkeeper: Doorkeeper,
    trouble: Option<Trouble>,
    /// When a connection was refused last, if that is not long ago.
    full: Option<Duration>,
}

/// The system does not let us accept.
struct Trouble {
    pause: Duration,
    failures: u64,
}

/// What comes of an attempt to accept.
pub(crate) enum Accepted<T> {
    Connection(Arrival<T>, SocketAddr),
    /// One that may not come in, or was gone before.
    Refused,
    /// No connection waits.
    Nothing,
    /// The system is out of descriptors or memory, or more connections come than may: make the next attempt after so
    /// much time.
    Pause(Duration),
}

impl<L: Listener> Acceptor<L> {
    pub(crate) fn new(listener: L, door: Arc<Door>, admission: Arc<Admission>) -> Self {
        let doorkeeper = Doorkeeper::new(admission, Arc::clone(&door));
        Acceptor { listener, door, doorkeeper, trouble: None, full: None }
    }

    /// The next connection that waits, if it may come in.
    pub(crate) fn next(&mut self, now: Duration) -> Accepted<L::Stream> {
        if let Some(wait) = self.doorkeeper.next_turn(now) {
            return Accepted::Pause(wait);
        }
        match self.accept() {
            Ok((stream, peer)) => match self.doorkeeper.admit(stream, peer, now) {
                Some(arrival) => Accepted::Connection(arrival, peer),
                None => Accepted::Refused,
            },
            Err(error) => {
                self.doorkeeper.nobody();
                self.without_connection(&error)
            }
        }
    }

    fn accept(&mut self) -> io::Result<(L::Stream, SocketAddr)> {
        let connection = uninterrupted(|| self.listener.accept())?;
        if let Some(trouble) = &mut self.trouble {
            trouble.pause = PAUSE[0] / 2;
        }
        Ok(connection)
    }

    fn without_connection(&mut self, error: &io::Error) -> Accepted<L::Stream> {
        match error.kind() {
            io::ErrorKind::WouldBlock => {
                self.recovered();
                Accepted::Nothing
            }
            // An error of that one alone. However many there are of them, whoever asks has a turn after each.
            io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset => Accepted::Refused,
            _ => Accepted::Pause(self.failed(error)),
        }
    }

    /// A connection gets a slot. To be told before anybody serves it, so that no client is served uncounted.
    pub(crate) fn admitted(&mut self, now: Duration) {
        self.door.accepted.add(1);
        if let Some(last) = self.full
            && now >= last + QUIET
        {
            self.full = None;
            log::info!("there are free slots again");
        }
    }

    /// A connection gets no slot, as all are taken. At the limit each who goes lets one in, and the next is refused: that
    /// is one time of being full, with one line.
    #[cold]
    pub(crate) fn refused(&mut self, peer: SocketAddr, now: Duration) {
        self.door.refused.add(1);
        self.doorkeeper.refused();
        if self.full.replace(now).is_none() {
            log::warn!("all slots are taken: connections are refused, the first from {peer}");
        }
    }

    /// Notes that the system could not accept; the first time it is logged. Returns the pause.
    #[cold]
    fn failed(&mut self, error: &io::Error) -> Duration {
        let [shortest, longest] = PAUSE;
        let trouble = self.trouble.get_or_insert_with(|| {
            log::error!("accepting failed: {error}; connections wait in the backlog until it works again");
            Trouble { pause: shortest / 2, failures: 0 }
        });
        trouble.failures += 1;
        trouble.pause = (trouble.pause * 2).min(longest);
        self.door.pauses.add(1);
        trouble.pause
    }

    /// Nobody waits any more. To be told not before: at the limit each who goes lets one in, and the next one fails.
    fn recovered(&mut self) {
        if let Some(Trouble { failures, .. }) = self.trouble.take() {
            log::info!("accepting works again, after {failures} failed attempts");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::net::sim::SimListener;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn at_the_limit_coming_and_going_is_one_time_of_being_full() {
        let peer = ([127, 0, 0, 1], 1).into();
        let mut acceptor = Acceptor::new(SimListener::default(), Arc::default(), Arc::default());
        let mut times = BTreeMap::new();
        for round in 0..1_000 {
            acceptor.refused(peer, Duration::from_millis(round));
            acceptor.admitted(Duration::from_millis(round));
            *times.entry(acceptor.full.is_some()).or_insert(0) += 1;
        }
        assert_eq!(times, BTreeMap::from([(true, 1_000)]), "no line but the first");
        acceptor.admitted(seconds(2));
        assert_eq!(acceptor.full, None, "it is said that there are free slots");
    }

    #[test]
    fn whoever_asks_has_a_turn_after_each_connection_that_is_gone() {
        let listener = SimListener::default();
        let gone = [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset];
        listener.0.borrow_mut().extend(gone.map(Err));
        let mut acceptor = Acceptor::new(listener.clone(), Arc::default(), Arc::default());
        for left in [1, 0] {
            assert!(matches!(acceptor.next(seconds(0)), Accepted::Refused));
            assert_eq!(listener.0.borrow().len(), left);
        }
        assert!(matches!(acceptor.next(seconds(0)), Accepted::Nothing));
    }
}
