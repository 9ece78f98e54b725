//! The loop of the master thread: accept, and deal connections to the workers.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::clock::Clock;
use crate::doorbell::Wake;
use crate::mailbox::Dealer;
use crate::net::Listener;
use crate::stats::Door;

/// How long accepting pauses after the system had no descriptors or memory: doubled each time, up to the second.
const PAUSE: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// How long accepting pauses while no worker takes sockets, though there are free slots.
const BUSY: Duration = Duration::from_millis(1);

/// The master: the only one that accepts.
pub(crate) struct Master<L: Listener, W: Wake, C> {
    clock: C,
    listener: L,
    workers: Vec<Dealer<L::Stream, W>>,
    door: Arc<Door>,
    stop: Arc<AtomicBool>,
    /// A connection that was accepted while all workers were busy.
    held: Option<(L::Stream, SocketAddr)>,
    trouble: Option<Trouble>,
    /// The last connection was refused.
    full: bool,
}

/// The system does not let us accept.
struct Trouble {
    pause: Duration,
    failures: u64,
}

impl<L: Listener, W: Wake, C: Clock> Master<L, W, C> {
    pub(crate) fn new(
        clock: C,
        listener: L,
        workers: Vec<Dealer<L::Stream, W>>,
        door: Arc<Door>,
        stop: Arc<AtomicBool>,
    ) -> Self {
        Master { clock, listener, workers, door, stop, held: None, trouble: None, full: false }
    }

    /// Accepts until the server shuts down.
    pub(crate) fn run(mut self) {
        while !self.stop.load(Ordering::Acquire) {
            let pause = self.accept_all();
            if let Err(error) = self.wait(pause) {
                log::error!("waiting for connections failed: {error}");
                return;
            }
        }
    }

    /// Waits for connections; where there is a `pause`, for its end, however many arrive in it.
    fn wait(&mut self, pause: Option<Duration>) -> io::Result<()> {
        let Some(pause) = pause else { return self.listener.wait(None) };
        let end = self.clock.now() + pause;
        while !self.stop.load(Ordering::Acquire) {
            match end.checked_sub(self.clock.now()) {
                Some(left) if !left.is_zero() => self.listener.wait(Some(left))?,
                _ => break,
            }
        }
        Ok(())
    }

    /// Accepts what waits; returns how long to pause if it had to stop before the end.
    fn accept_all(&mut self) -> Option<Duration> {
        while !self.stop.load(Ordering::Acquire) {
            let accepted = match self.held.take() {
                Some(held) => Ok(held),
                None => self.listener.accept(),
            };
            match accepted {
                Ok((stream, peer)) => {
                    self.recovered();
                    if let Err(stream) = self.deal(stream, peer) {
                        self.held = Some((stream, peer));
                        return Some(BUSY);
                    }
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return None,
                    io::ErrorKind::Interrupted => {}
                    // The connection was gone before it was accepted: an error of that one alone.
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset => {}
                    _ => return Some(self.failed(&error)),
                },
            }
        }
        None
    }

    /// Hands a connection to the worker that has the fewest, or refuses it if all slots are taken. Gives it back if
    /// there are free slots, but only at workers that can't take a socket right now.
    fn deal(&mut self, stream: L::Stream, peer: SocketAddr) -> Result<(), L::Stream> {
        let ready = self.workers.iter_mut().filter(|worker| worker.is_ready());
        if let Some(worker) = ready.min_by_key(|worker| worker.mailbox.load()) {
            // Counted first, so that no client is served before it is counted.
            self.door.accepted.add(1);
            worker.deal(stream, peer)?;
            if std::mem::take(&mut self.full) {
                log::info!("there are free slots again");
            }
        } else if self.workers.iter().any(Dealer::has_room) {
            return Err(stream);
        } else {
            self.door.refused.add(1);
            if !std::mem::replace(&mut self.full, true) {
                log::warn!("all slots are taken: connections are refused, the first from {peer}");
            }
        }
        Ok(())
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

    fn recovered(&mut self) {
        if let Some(Trouble { failures, .. }) = self.trouble.take() {
            log::info!("accepting works again, after {failures} failed attempts");
        }
    }
}
