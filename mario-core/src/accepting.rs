//! Accepting from one listener: what is done when the system can't, and what is counted and said.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::admission::{Admission, Arrival, Doorkeeper};
use crate::net::Listener;
use crate::stats::Door;

/// How long accepting pauses after the system had no descriptors or memory: doubled each time, up to the second.
const PAUSE: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// A listener with its counters and its troubles.
pub(crate) struct Acceptor<L> {
    pub(crate) listener: L,
    door: Arc<Door>,
    doorkeeper: Doorkeeper,
    trouble: Option<Trouble>,
    /// The last connection was refused.
    full: bool,
}

/// The system does not let us accept.
struct Trouble {
    pause: Duration,
    failures: u64,
}

/// What comes of an attempt to accept.
pub(crate) enum Accepted<T> {
    Connection(Arrival<T>, SocketAddr),
    /// One that may not come in.
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
        Acceptor { listener, door, doorkeeper, trouble: None, full: false }
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
            Err(pause) => {
                self.doorkeeper.nobody();
                pause.map_or(Accepted::Nothing, Accepted::Pause)
            }
        }
    }

    /// What the listener has; otherwise after which pause to ask it again, or `None` if it will tell.
    fn accept(&mut self) -> Result<(L::Stream, SocketAddr), Option<Duration>> {
        loop {
            match self.listener.accept() {
                Ok(connection) => {
                    if let Some(trouble) = &mut self.trouble {
                        trouble.pause = PAUSE[0] / 2;
                    }
                    return Ok(connection);
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => {
                        self.recovered();
                        return Err(None);
                    }
                    io::ErrorKind::Interrupted => {}
                    // The connection was gone before it was accepted: an error of that one alone.
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset => {}
                    _ => return Err(Some(self.failed(&error))),
                },
            }
        }
    }

    /// A connection gets a slot. To be told before anybody serves it, so that no client is served uncounted.
    pub(crate) fn admitted(&mut self) {
        self.door.accepted.add(1);
        if std::mem::take(&mut self.full) {
            log::info!("there are free slots again");
        }
    }

    /// A connection gets no slot, as all are taken.
    pub(crate) fn refused(&mut self, peer: SocketAddr) {
        self.door.refused.add(1);
        if !std::mem::replace(&mut self.full, true) {
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
