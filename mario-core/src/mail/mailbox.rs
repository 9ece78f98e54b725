//! How other threads reach a worker: the order to drain or stop, mail for its connections, and the master's new sockets
//! through a ring.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::doorbell::{Doorbell, Wake};
use crate::mail::{Answered, Letter, Mail, Refused, Room};
use crate::net::admission::Arrival;
use crate::reason::Reason;
use crate::stats::Counters;
use crate::sync::{AtomicBool, AtomicU8, AtomicUsize, CachePadded, Ordering};

#[cfg(all(test, mario_loom))]
mod loom_tests;

/// Sockets on their way to a worker at one time. When so many wait, the worker is far behind, and the next ones are
/// better off with another or in the listener's backlog.
const RING: usize = 1024;

/// What a worker is to do with its connections. It only ever goes on to a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Course {
    /// Serve them.
    Serve,
    /// Let them go one after another, and serve those that wait for it.
    Drain,
    /// Close them now.
    Close,
}

/// The part of a worker that all threads see.
pub(crate) struct Mailbox<W: Wake> {
    pub(crate) doorbell: Doorbell<W>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) mail: Arc<Mail>,
    /// Slots that are taken or promised. Only who accepts adds, only the worker subtracts; each round reads what is beside.
    load: CachePadded<AtomicUsize>,
    /// A [`Course`].
    course: AtomicU8,
    /// The worker's loop has ended in order.
    ended: AtomicBool,
    /// The worker can't go on.
    failed: AtomicBool,
    /// The worker does not come round.
    stuck: AtomicBool,
    /// The worker rests, as it has died too often.
    resting: AtomicBool,
}

impl<W: Wake> Mailbox<W> {
    /// The mailbox of a worker that `waker` wakes.
    pub(crate) fn new(waker: W, room: Room) -> Self {
        Mailbox {
            doorbell: Doorbell::new(waker),
            counters: Arc::default(),
            mail: Arc::new(Mail::new(room)),
            load: CachePadded(AtomicUsize::new(0)),
            course: AtomicU8::new(Course::Serve as u8),
            ended: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            stuck: AtomicBool::new(false),
            resting: AtomicBool::new(false),
        }
    }

    /// Leaves a letter for the worker, and wakes it.
    pub(crate) fn post(&self, letter: Letter) -> Result<(), Refused> {
        self.mail.post(letter)?;
        self.tell();
        Ok(())
    }

    /// Leaves a letter whose place is [reserved](Mail::reserve), and wakes the worker.
    pub(crate) fn post_reserved(&self, letter: Letter) {
        self.mail.post_reserved(letter);
        self.tell();
    }

    /// Leaves an answer that is owed for the worker, and wakes it.
    pub(crate) fn answer(&self, answered: Answered) {
        self.mail.answer(answered);
        self.tell();
    }

    /// Wakes the worker for what was posted, or sees that it comes too late.
    fn tell(&self) {
        // In it is the fence that stands between a letter and the look at whether it came too late.
        self.doorbell.ring();
        self.mail.collect();
    }

    /// Slots that are taken or promised.
    pub(crate) fn load(&self) -> usize {
        self.load.0.load(Ordering::Relaxed)
    }

    /// A promised or taken slot is free again.
    pub(crate) fn free(&self) {
        self.load.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// Tells the worker to let its connections go, and to end itself. Nothing may be dealt to it after this.
    pub(crate) fn drain(&self) {
        self.steer(Course::Drain);
    }

    /// Tells the worker to end its connections and itself.
    pub(crate) fn stop(&self) {
        self.steer(Course::Close);
    }

    pub(crate) fn course(&self) -> Course {
        let course = self.course.load(Ordering::Acquire);
        if course == Course::Serve as u8 {
            Course::Serve
        } else if course == Course::Drain as u8 {
            Course::Drain
        } else {
            Course::Close
        }
    }

    /// The worker's loop is over.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// The worker's loop is over, in whatever way.
    pub(crate) fn is_over(&self) -> bool {
        self.has_ended() || self.has_failed()
    }

    /// The worker can't go on, and the server without it can't either.
    pub(crate) fn fail(&self) {
        self.failed.store(true, Ordering::Release);
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Whether the worker gets no more connections for now.
    pub(crate) fn set_stuck(&self, stuck: bool) {
        self.stuck.store(stuck, Ordering::Relaxed);
        self.counters.stalls.add(u64::from(stuck));
    }

    pub(crate) fn is_stuck(&self) -> bool {
        self.stuck.load(Ordering::Relaxed)
    }

    /// Whether the worker gets no connections before it begins anew.
    pub(crate) fn set_resting(&self, resting: bool) {
        self.resting.store(resting, Ordering::Relaxed);
    }

    pub(crate) fn is_resting(&self) -> bool {
        self.resting.load(Ordering::Relaxed)
    }

    fn steer(&self, course: Course) {
        self.course.fetch_max(course as u8, Ordering::AcqRel);
        self.doorbell.ring();
    }
}

/// A slot that is promised to a connection. Dropped before that has it, the slot is free again, and the connection counts
/// as one that ended as the server shut down: whoever is the last to go of master and worker drops what is on its way yet.
pub(crate) struct Promised<W: Wake>(Option<Arc<Mailbox<W>>>);

impl<W: Wake> Promised<W> {
    /// Promises a slot of the worker.
    pub(crate) fn of(mailbox: &Arc<Mailbox<W>>) -> Self {
        mailbox.load.0.fetch_add(1, Ordering::Relaxed);
        Promised(Some(Arc::clone(mailbox)))
    }

    /// The connection has its slot.
    pub(crate) fn keep(mut self) {
        self.0 = None;
    }

    /// The connection is not to have one.
    pub(crate) fn take_back(mut self) {
        if let Some(mailbox) = self.0.take() {
            mailbox.free();
        }
    }

    /// The connection ends before it has its slot.
    pub(crate) fn ends(mut self, reason: Reason) {
        self.give_up(reason);
    }

    #[cold]
    fn give_up(&mut self, reason: Reason) {
        if let Some(mailbox) = self.0.take() {
            mailbox.counters.ends(reason);
            mailbox.free();
        }
    }
}

impl<W: Wake> Drop for Promised<W> {
    fn drop(&mut self) {
        if self.0.is_some() {
            self.give_up(Reason::ShutDown);
        }
    }
}

/// A socket on its way, where it is from, and the slot that it is to have.
type Dealt<T, W> = (T, SocketAddr, Promised<W>);

/// The master's end of the way to a worker.
pub(crate) struct Dealer<T, W: Wake> {
    ring: rtrb::Producer<Dealt<T, W>>,
    pub(crate) mailbox: Arc<Mailbox<W>>,
    slots: usize,
}

/// The worker's end.
pub(crate) struct Hand<T, W: Wake>(rtrb::Consumer<Dealt<T, W>>);

/// A way to the worker of `mailbox`, which has so many slots.
pub(crate) fn way<T, W: Wake>(slots: usize, mailbox: &Arc<Mailbox<W>>) -> (Dealer<T, W>, Hand<T, W>) {
    way_of(RING, slots, mailbox)
}

/// The same, on which so many sockets have room.
pub(crate) fn way_of<T, W: Wake>(
    ring: usize,
    slots: usize,
    mailbox: &Arc<Mailbox<W>>,
) -> (Dealer<T, W>, Hand<T, W>) {
    let (producer, consumer) = rtrb::RingBuffer::new(ring);
    (Dealer { ring: producer, mailbox: Arc::clone(mailbox), slots }, Hand(consumer))
}

/// What a way takes.
pub(crate) fn ring_bytes<T, W: Wake>() -> usize {
    RING * size_of::<Dealt<Arrival<T>, W>>()
}

impl<T, W: Wake> Dealer<T, W> {
    /// Whether the worker has a free slot that is not promised, which it will give sooner or later.
    pub(crate) fn has_room(&self) -> bool {
        self.mailbox.load() < self.slots && !self.mailbox.is_over()
    }

    /// Whether the way there is free too, and the worker comes round.
    pub(crate) fn is_ready(&self) -> bool {
        self.has_room() && !self.ring.is_full() && !self.mailbox.is_stuck() && !self.mailbox.is_resting()
    }

    /// Promises a slot and hands the socket over; gives it back if the worker is not ready. `promised` is called in
    /// between: when it is sure that the worker gets the socket, and before it can see it.
    pub(crate) fn deal(&mut self, stream: T, peer: SocketAddr, promised: impl FnOnce()) -> Result<(), T> {
        if !self.is_ready() {
            return Err(stream);
        }
        let slot = Promised::of(&self.mailbox);
        promised();
        match self.ring.push((stream, peer, slot)) {
            Ok(()) => {
                self.mailbox.doorbell.ring();
                Ok(())
            }
            Err(rtrb::PushError::Full((stream, _, slot))) => {
                slot.take_back();
                Err(stream)
            }
        }
    }
}

impl<T, W: Wake> Hand<T, W> {
    /// The next socket that was dealt.
    pub(crate) fn next(&mut self) -> Option<Dealt<T, W>> {
        self.0.pop().ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[cfg(any(test, fuzzing))]
    pub(crate) fn len(&self) -> usize {
        self.0.slots()
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
        let mailbox = Arc::new(Mailbox::new(Nobody, Room { slots: 2, letters: 2, answers: 2 }));
        let (mut dealer, mut hand) = way(2, &mailbox);
        assert_eq!(dealer.deal('a', peer, || ()), Ok(()));
        assert_eq!(dealer.deal('b', peer, || ()), Ok(()));
        assert_eq!(dealer.deal('c', peer, || ()), Err('c'));
        let (stream, from, slot) = hand.next().unwrap();
        assert_eq!((stream, from), ('a', peer));
        slot.keep();
        assert!(!dealer.has_room(), "the slot is taken now");
        mailbox.free();
        assert_eq!(dealer.deal('d', peer, || ()), Ok(()));
        assert_eq!(mailbox.load(), 2);
    }

    #[test]
    fn who_is_stuck_or_rests_has_room_later_and_who_has_failed_has_none() {
        let peer = ([127, 0, 0, 1], 1).into();
        let mailbox = Arc::new(Mailbox::new(Nobody, Room { slots: 2, letters: 2, answers: 2 }));
        let (mut dealer, _hand) = way(2, &mailbox);
        mailbox.set_stuck(true);
        assert_eq!((dealer.has_room(), dealer.deal('a', peer, || ())), (true, Err('a')));
        mailbox.set_stuck(false);
        mailbox.set_resting(true);
        assert_eq!((dealer.has_room(), dealer.deal('a', peer, || ())), (true, Err('a')));
        mailbox.set_resting(false);
        assert_eq!(dealer.deal('a', peer, || ()), Ok(()));
        mailbox.fail();
        assert_eq!((dealer.has_room(), dealer.deal('b', peer, || ())), (false, Err('b')));
    }

    #[test]
    fn only_who_is_taken_is_counted() {
        let peer = ([127, 0, 0, 1], 1).into();
        let mailbox = Arc::new(Mailbox::new(Nobody, Room { slots: 2, letters: 2, answers: 2 }));
        let (mut dealer, _hand) = way(2, &mailbox);
        let mut count = 0;
        // The watchdog may say so after the master has looked whether the worker is ready.
        mailbox.set_stuck(true);
        assert_eq!(dealer.deal('a', peer, || count += 1), Err('a'));
        mailbox.set_stuck(false);
        assert_eq!(dealer.deal('a', peer, || count += 1), Ok(()));
        assert_eq!((count, mailbox.load()), (1, 1));
    }

    #[test]
    fn a_full_ring_gives_the_socket_back() {
        let peer = ([127, 0, 0, 1], 1).into();
        let mailbox = Arc::new(Mailbox::new(Nobody, Room { slots: 2, letters: 2, answers: 2 }));
        let (mut dealer, mut hand) = way(usize::MAX, &mailbox);
        for number in 0..RING {
            assert_eq!(dealer.deal(number, peer, || ()), Ok(()));
        }
        assert_eq!(dealer.deal(RING, peer, || ()), Err(RING));
        assert_eq!(mailbox.load(), RING);
        hand.next();
        assert_eq!(dealer.deal(RING, peer, || ()), Ok(()));
    }

    #[test]
    fn who_is_dealt_to_a_worker_that_has_gone_is_counted() {
        let peer = ([127, 0, 0, 1], 1).into();
        let mailbox = Arc::new(Mailbox::new(Nobody, Room { slots: 2, letters: 2, answers: 2 }));
        let ended = |reason: Reason| mailbox.counters.ended[reason.place()].get();
        let (mut dealer, hand) = way(2, &mailbox);
        assert_eq!(dealer.deal('a', peer, || ()), Ok(()));
        drop(hand);
        assert_eq!((mailbox.load(), ended(Reason::ShutDown)), (1, 0), "the master may be dealing yet");
        drop(dealer);
        assert_eq!((mailbox.load(), ended(Reason::ShutDown)), (0, 1));
    }
}
