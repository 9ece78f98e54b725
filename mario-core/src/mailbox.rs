//! How other threads reach a worker: new sockets through a ring, and the order to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::doorbell::{Doorbell, Wake};
use crate::stats::Counters;

/// Sockets on their way to a worker at one time. When so many wait, the worker is far behind, and the next ones are
/// better off with another or in the listener's backlog.
const RING: usize = 1024;

/// The part of a worker that all threads see.
pub(crate) struct Mailbox<W: Wake> {
    pub(crate) doorbell: Doorbell<W>,
    pub(crate) counters: Arc<Counters>,
    /// Slots that are taken or promised. Only the master adds, only the worker subtracts.
    load: AtomicUsize,
    stop: AtomicBool,
}

impl<W: Wake> Mailbox<W> {
    /// Slots that are taken or promised.
    pub(crate) fn load(&self) -> usize {
        self.load.load(Ordering::Relaxed)
    }

    /// Tells the worker to end its connections and itself.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.doorbell.ring();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}

/// The master's end of the way to a worker.
pub(crate) struct Dealer<T, W: Wake> {
    ring: rtrb::Producer<(T, SocketAddr)>,
    pub(crate) mailbox: Arc<Mailbox<W>>,
    slots: usize,
}

/// The worker's end.
pub(crate) struct Hand<T, W: Wake> {
    ring: rtrb::Consumer<(T, SocketAddr)>,
    pub(crate) mailbox: Arc<Mailbox<W>>,
}

/// A way to a worker of `slots` slots that `waker` wakes.
pub(crate) fn mailbox<T, W: Wake>(slots: usize, waker: W) -> (Dealer<T, W>, Hand<T, W>) {
    let mailbox = Arc::new(Mailbox {
        doorbell: Doorbell::new(waker),
        counters: Arc::default(),
        load: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
    });
    let (producer, consumer) = rtrb::RingBuffer::new(RING);
    (Dealer { ring: producer, mailbox: Arc::clone(&mailbox), slots }, Hand { ring: consumer, mailbox })
}

impl<T, W: Wake> Dealer<T, W> {
    /// Whether the worker has a free slot that is not promised.
    pub(crate) fn has_room(&self) -> bool {
        self.mailbox.load() < self.slots
    }

    /// Whether the way there is free too.
    pub(crate) fn is_ready(&self) -> bool {
        self.has_room() && !self.ring.is_full()
    }

    /// Promises a slot and hands the socket over; gives it back if the worker is not ready.
    pub(crate) fn deal(&mut self, stream: T, peer: SocketAddr) -> Result<(), T> {
        if !self.is_ready() {
            return Err(stream);
        }
        self.mailbox.load.fetch_add(1, Ordering::Relaxed);
        match self.ring.push((stream, peer)) {
            Ok(()) => {
                self.mailbox.doorbell.ring();
                Ok(())
            }
            Err(rtrb::PushError::Full((stream, _))) => {
                self.mailbox.load.fetch_sub(1, Ordering::Relaxed);
                Err(stream)
            }
        }
    }
}

impl<T, W: Wake> Hand<T, W> {
    /// The next socket that was dealt; its slot is promised.
    pub(crate) fn next(&mut self) -> Option<(T, SocketAddr)> {
        self.ring.pop().ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }

    /// A promised or taken slot is free again.
    pub(crate) fn free(&self) {
        self.mailbox.load.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nobody;
    impl Wake for Nobody {
        fn wake(&self) {}
    }

    #[test]
    fn a_slot_is_promised_once() {
        let peer = ([127, 0, 0, 1], 1).into();
        let (mut dealer, mut hand) = mailbox(2, Nobody);
        assert_eq!(dealer.deal('a', peer), Ok(()));
        assert_eq!(dealer.deal('b', peer), Ok(()));
        assert_eq!(dealer.deal('c', peer), Err('c'));
        assert_eq!(hand.next(), Some(('a', peer)));
        assert!(!dealer.has_room(), "the slot is taken now");
        hand.free();
        assert_eq!(dealer.deal('d', peer), Ok(()));
        assert_eq!(hand.mailbox.load(), 2);
    }

    #[test]
    fn a_full_ring_gives_the_socket_back() {
        let peer = ([127, 0, 0, 1], 1).into();
        let (mut dealer, mut hand) = mailbox(usize::MAX, Nobody);
        for number in 0..RING {
            assert_eq!(dealer.deal(number, peer), Ok(()));
        }
        assert_eq!(dealer.deal(RING, peer), Err(RING));
        assert_eq!(hand.mailbox.load(), RING);
        hand.next();
        assert_eq!(dealer.deal(RING, peer), Ok(()));
    }
}
