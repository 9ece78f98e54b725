//! The loop of the master thread: accept, and deal connections to the workers.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::doorbell::Wake;
use crate::mail::mailbox::Dealer;
use crate::net::WatchedListener;
use crate::net::accepting::{Accepted, Acceptor};
use crate::net::admission::{Admission, Arrival};
use crate::net::clock::Clock;
use crate::stats::Door;

/// How long accepting pauses while no worker takes sockets, though there are free slots: doubled each time, up to the
/// second.
pub(crate) const BUSY: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(64)];

/// Connections that are accepted before the next look at the clock.
const AT_ONE_TIME: usize = 64;

/// How long a stop lets the connection that is held wait for a worker that can take it.
const LAST_CALL: Duration = Duration::from_secs(1);

/// The master: the only one that accepts.
pub(crate) struct Master<L: WatchedListener, W: Wake, C> {
    clock: C,
    acceptor: Acceptor<L>,
    workers: Vec<Dealer<Arrival<L::Stream>, W>>,
    stop: Arc<AtomicBool>,
    /// A connection that was accepted while all workers were busy.
    held: Option<(Arrival<L::Stream>, SocketAddr)>,
    /// The next pause while they are.
    busy: Duration,
    /// Set once the server shuts down with a connection held: when that is given up.
    give_up: Option<Duration>,
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
        let acceptor = Acceptor::new(listener, door, admission);
        Master { clock, acceptor, workers, stop, held: None, busy: BUSY[0], give_up: None }
    }

    /// Accepts until the server shuts down. What is accepted is dealt before the workers learn of it.
    ///
    /// # Errors
    /// If connections can't be waited for any more. The workers end then too.
    pub(crate) fn run(mut self) -> io::Result<()> {
        while self.goes_on() {
            let pause = self.accept_all();
            if let Err(error) = self.wait(pause) {
                log::error!("waiting for connections failed: {error}");
                return Err(error);
            }
        }
        Ok(())
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
        let now = self.clock.now();
        for _ in 0..AT_ONE_TIME {
            if !self.goes_on() {
                return None;
            }
            let accepted = match self.held.take() {
                Some((arrival, peer)) => Accepted::Connection(arrival, peer),
                None => self.acceptor.next(now),
            };
            match accepted {
                Accepted::Connection(arrival, peer) => {
                    if let Err(arrival) = self.deal(arrival, peer, now) {
                        if self.gives_up(now) {
                            self.acceptor.refused(peer, now);
                            return None;
                        }
                        self.held = Some((arrival, peer));
                        let pause = self.busy;
                        self.busy = (pause * 2).min(BUSY[1]);
                        return Some(pause);
                    }
                }
                Accepted::Refused => {}
                Accepted::Nothing => return None,
                Accepted::Pause(pause) => return Some(pause),
            }
        }
        // No time at all, but that it is looked at.
        Some(Duration::ZERO)
    }

    /// There is something to do: connections to accept, or one that was accepted to deal.
    fn goes_on(&self) -> bool {
        self.held.is_some() || !self.stop.load(Ordering::Acquire)
    }

    /// The server shuts down, and the workers have waited long enough to learn of it.
    #[cold]
    fn gives_up(&mut self, now: Duration) -> bool {
        self.stop.load(Ordering::Acquire) && now >= *self.give_up.get_or_insert(now + LAST_CALL)
    }

    /// Hands a connection to the worker that has the fewest, or refuses it if all slots are taken. Gives it back if
    /// there are free slots, but only at workers that can't take a socket right now.
    fn deal(
        &mut self,
        arrival: Arrival<L::Stream>,
        peer: SocketAddr,
        now: Duration,
    ) -> Result<(), Arrival<L::Stream>> {
        let ready = self.workers.iter_mut().filter(|worker| worker.is_ready());
        if let Some(worker) = ready.min_by_key(|worker| worker.mailbox.load()) {
            worker.deal(arrival, peer, || self.acceptor.admitted(now))?;
            self.busy = BUSY[0];
        } else if self.workers.iter().any(Dealer::has_room) {
            return Err(arrival);
        } else {
            self.acceptor.refused(peer, now);
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

    use super::*;
    use crate::mail::Room;
    use crate::mail::mailbox::{Course, Hand, Mailbox, way_of};
    use crate::net::Listener;
    use crate::net::sim::SimClock;

    struct Nobody;
    impl Wake for Nobody {
        fn wake(&self) {}
    }

    /// A listener with connections, and what happens in each wait.
    struct Script<F> {
        backlog: Vec<char>,
        wait: F,
    }

    impl<F> Listener for Script<F> {
        type Stream = char;

        fn accept(&mut self) -> io::Result<(char, SocketAddr)> {
            let next = self.backlog.pop().ok_or(io::ErrorKind::WouldBlock)?;
            Ok((next, ([127, 0, 0, 1], 1).into()))
        }
    }

    impl<F: FnMut(Option<Duration>) -> io::Result<()>> WatchedListener for Script<F> {
        fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
            (self.wait)(timeout)
        }
    }

    /// A master with one worker on the way to which one socket has room.
    struct Rig {
        mailbox: Arc<Mailbox<Nobody>>,
        hand: RefCell<Hand<Arrival<char>, Nobody>>,
        dealer: Option<Dealer<Arrival<char>, Nobody>>,
        door: Arc<Door>,
        stop: Arc<AtomicBool>,
        clock: SimClock,
    }

    impl Rig {
        fn new() -> Rig {
            let mailbox = Arc::new(Mailbox::new(Nobody, Room { slots: 3, letters: 1, answers: 1 }));
            let (dealer, hand) = way_of(1, 3, &mailbox);
            Rig {
                mailbox,
                hand: RefCell::new(hand),
                dealer: Some(dealer),
                door: Arc::default(),
                stop: Arc::default(),
                clock: SimClock::default(),
            }
        }

        fn next(&self) -> Option<char> {
            self.hand.borrow_mut().next().map(|(arrival, ..)| arrival.stream)
        }

        fn run(
            &self,
            dealer: Dealer<Arrival<char>, Nobody>,
            backlog: &str,
            wait: impl FnMut(Option<Duration>) -> io::Result<()>,
        ) -> io::Result<()> {
            let listener = Script { backlog: backlog.chars().rev().collect(), wait };
            let (clock, door, stop) = (self.clock.clone(), Arc::clone(&self.door), Arc::clone(&self.stop));
            Master::new(clock, listener, vec![dealer], door, Arc::default(), stop).run()
        }
    }

    /// While the master waits for a place to deal the second one to, it is told to stop, which ends that wait, and a
    /// place becomes free.
    #[test]
    fn a_stop_while_a_connection_is_held_is_not_forgotten() {
        let mut rig = Rig::new();
        let dealer = rig.dealer.take().unwrap();
        let wait = |timeout: Option<Duration>| {
            rig.clock.pass(timeout.expect("it would wait for ever"));
            if !rig.stop.swap(true, Ordering::Release) {
                assert_eq!(rig.next(), Some('a'));
            }
            Ok(())
        };
        rig.run(dealer, "ab", wait).unwrap();
        assert_eq!(rig.next(), Some('b'));
        assert_eq!((rig.door.accepted.get(), rig.door.refused.get()), (2, 0));
    }

    #[test]
    fn a_stop_waits_only_so_long_for_a_worker_that_takes_what_is_held() {
        let mut rig = Rig::new();
        let dealer = rig.dealer.take().unwrap();
        let wait = |timeout: Option<Duration>| {
            rig.stop.store(true, Ordering::Release);
            rig.clock.pass(timeout.expect("it would wait for ever"));
            assert!(rig.clock.now() <= LAST_CALL + 2 * BUSY[1], "the workers have to learn of the stop");
            Ok(())
        };
        rig.run(dealer, "abc", wait).unwrap();
        assert_eq!(rig.mailbox.course(), Course::Drain);
        assert_eq!((rig.door.accepted.get(), rig.door.refused.get()), (1, 1), "the third waits outside");
    }

    #[test]
    fn a_failure_ends_it_with_the_error_and_the_workers_too() {
        let mut rig = Rig::new();
        let dealer = rig.dealer.take().unwrap();
        let error = rig.run(dealer, "a", |_| Err(io::ErrorKind::Unsupported.into())).unwrap_err();
        assert_eq!((error.kind(), rig.mailbox.course()), (io::ErrorKind::Unsupported, Course::Drain));
    }
}
