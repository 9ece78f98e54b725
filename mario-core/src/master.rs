//! The loop of the master thread: accept, and deal connections to the workers.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::accepting::{Accepted, Acceptor};
use crate::admission::{Admission, Arrival};
use crate::clock::Clock;
use crate::doorbell::Wake;
use crate::mailbox::Dealer;
use crate::net::WatchedListener;
use crate::stats::Door;

/// How long accepting pauses while no worker takes sockets, though there are free slots.
const BUSY: Duration = Duration::from_millis(1);

/// The master: the only one that accepts.
pub(crate) struct Master<L: WatchedListener, W: Wake, C> {
    clock: C,
    acceptor: Acceptor<L>,
    workers: Vec<Dealer<Arrival<L::Stream>, W>>,
    stop: Arc<AtomicBool>,
    /// A connection that was accepted while all workers were busy.
    held: Option<(Arrival<L::Stream>, SocketAddr)>,
}

impl<L: WatchedListener, W: Wake, C: Clock> Master<L, W, C> {
    pub(crate) fn new(
        clock: C,
        listener: L,
        workers: Vec<Dealer<Arrival<L::Stream>, W>>,
        door: Arc<Door>,
        admission: Arc<Admission>,
        stop: Arc<AtomicBool>,
    ) -> Self {
        Master { clock, acceptor: Acceptor::new(listener, door, admission), workers, stop, held: None }
    }

    /// Accepts until the server shuts down. What is accepted is dealt before the workers learn of it.
    pub(crate) fn run(mut self) {
        while self.goes_on() {
            let pause = self.accept_all();
            if let Err(error) = self.wait(pause) {
                log::error!("waiting for connections failed: {error}");
                return;
            }
        }
    }

    /// Waits for connections; where there is a `pause`, for its end, however many arrive in it.
    fn wait(&mut self, pause: Option<Duration>) -> io::Result<()> {
        let Some(pause) = pause else {
            // The wake of a stop may have ended an earlier wait, in a pause.
            return if self.goes_on() { self.acceptor.listener.wait(None) } else { Ok(()) };
        };
        let end = self.clock.now() + pause;
        while self.goes_on() {
            match end.checked_sub(self.clock.now()) {
                Some(left) if !left.is_zero() => self.acceptor.listener.wait(Some(left))?,
                _ => break,
            }
        }
        Ok(())
    }

    /// Accepts what waits; returns how long to pause if it had to stop before the end.
    fn accept_all(&mut self) -> Option<Duration> {
        while self.goes_on() {
            let accepted = match self.held.take() {
                Some((arrival, peer)) => Accepted::Connection(arrival, peer),
                None => self.acceptor.next(self.clock.now()),
            };
            match accepted {
                Accepted::Connection(arrival, peer) => {
                    if let Err(arrival) = self.deal(arrival, peer) {
                        self.held = Some((arrival, peer));
                        return Some(BUSY);
                    }
                }
                Accepted::Refused => {}
                Accepted::Nothing => return None,
                Accepted::Pause(pause) => return Some(pause),
            }
        }
        None
    }

    /// There is something to do: connections to accept, or one that was accepted to deal.
    fn goes_on(&self) -> bool {
        self.held.is_some() || !self.stop.load(Ordering::Acquire)
    }

    /// Hands a connection to the worker that has the fewest, or refuses it if all slots are taken. Gives it back if
    /// there are free slots, but only at workers that can't take a socket right now.
    fn deal(&mut self, arrival: Arrival<L::Stream>, peer: SocketAddr) -> Result<(), Arrival<L::Stream>> {
        let ready = self.workers.iter_mut().filter(|worker| worker.is_ready());
        if let Some(worker) = ready.min_by_key(|worker| worker.mailbox.load()) {
            self.acceptor.admitted();
            worker.deal(arrival, peer)?;
        } else if self.workers.iter().any(Dealer::has_room) {
            return Err(arrival);
        } else {
            self.acceptor.refused(peer);
        }
        Ok(())
    }
}

/// Without their master the workers are of no use, whyever it ends.
impl<L: WatchedListener, W: Wake, C> Drop for Master<L, W, C> {
    fn drop(&mut self) {
        for worker in &self.workers {
            worker.mailbox.drain();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::clock::SystemClock;
    use crate::mail::Room;
    use crate::mailbox::{Hand, Mailbox, way_of};
    use crate::net::Listener;

    struct Nobody;
    impl Wake for Nobody {
        fn wake(&self) {}
    }

    /// A listener with two connections. While its master waits for a place to deal the second one to, it is told to
    /// stop, which ends that wait, and a place becomes free.
    struct Script {
        backlog: Vec<char>,
        hand: Rc<RefCell<Hand<Arrival<char>>>>,
        stop: Arc<AtomicBool>,
    }

    impl Listener for Script {
        type Stream = char;

        fn accept(&mut self) -> io::Result<(char, SocketAddr)> {
            let next = self.backlog.pop().ok_or(io::ErrorKind::WouldBlock)?;
            Ok((next, ([127, 0, 0, 1], 1).into()))
        }
    }

    impl WatchedListener for Script {
        fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
            assert!(timeout.is_some(), "it would wait for ever");
            if !self.stop.swap(true, Ordering::Release) {
                assert_eq!(self.hand.borrow_mut().next().map(|(arrival, _)| arrival.stream), Some('a'));
            }
            Ok(())
        }
    }

    #[test]
    fn a_stop_while_a_connection_is_held_is_not_forgotten() {
        let mailbox = Arc::new(Mailbox::new(Nobody, Room { slots: 2, letters: 1, answers: 1 }));
        let (dealer, hand) = way_of(1, 2, &mailbox);
        let (hand, stop) = (Rc::new(RefCell::new(hand)), Arc::new(AtomicBool::new(false)));
        let listener = Script { backlog: vec!['b', 'a'], hand: Rc::clone(&hand), stop: Arc::clone(&stop) };
        let (clock, admission) = (SystemClock::start(), Arc::default());
        Master::new(clock, listener, vec![dealer], Arc::default(), admission, stop).run();
        assert_eq!(hand.borrow_mut().next().map(|(arrival, _)| arrival.stream), Some('b'));
    }
}
