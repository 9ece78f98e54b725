//! A worker that accepts for itself.

use std::io::ErrorKind;
use std::rc::Rc;

use super::*;
use crate::net::admission::{Admission, Pace};
use crate::net::sim::SimListener;
use crate::parts::rate::{Excess, Rate};
use crate::stats::Door;
use crate::worker::admission::ACCEPTS;

/// A rig whose worker has a listener.
struct Lone {
    rig: Rig,
    listener: SimListener,
    door: Arc<Door>,
}

impl Lone {
    fn new(connections: usize) -> Lone {
        Lone::admitting(connections, Admission::default())
    }

    fn admitting(connections: usize, admission: Admission) -> Lone {
        let mut rig = Rig::new(connections);
        let (listener, door) = (SimListener::default(), Arc::new(Door::default()));
        let acceptor = Acceptor::new(listener.clone(), Arc::clone(&door), Arc::new(admission));
        rig.worker.accept_from(acceptor).unwrap();
        Lone { rig, listener, door }
    }

    /// A connection that waits to be accepted; no event tells of it.
    fn comes(&mut self) -> usize {
        let stream = SimStream::default();
        stream.0.borrow_mut().room = usize::MAX;
        self.rig.peers.push(stream.clone());
        self.listener.0.borrow_mut().push_back(Ok(stream));
        self.rig.peers.len() - 1
    }

    fn fails(&mut self, error: ErrorKind) {
        self.listener.0.borrow_mut().push_back(Err(error));
    }

    /// Whether the server has closed, or never had, the connection.
    fn is_closed(&self, index: usize) -> bool {
        Rc::strong_count(&self.rig.peers[index].0) == 1
    }

    fn steps_until_asleep(&mut self) {
        self.rig.poll.asleep.set(false);
        while !self.rig.poll.asleep.get() {
            self.rig.step();
        }
    }

    fn open(&self) -> usize {
        assert_eq!(self.rig.worker.mailbox.load(), self.rig.worker.slots.len());
        self.rig.worker.slots.len()
    }
}

#[test]
fn it_sleeps_until_somebody_comes() {
    let mut lone = Lone::new(4);
    lone.steps_until_asleep();
    assert_eq!(lone.open(), 0);
    let peer = lone.comes();
    lone.rig.poll.knock();
    lone.rig.step();
    lone.rig.step();
    assert_eq!((lone.open(), lone.door.accepted.get()), (1, 1));
    lone.rig.send(peer, b"hello");
    assert_eq!(lone.rig.peer(peer).received.len(), 13);
}

#[test]
fn a_very_great_many_are_accepted_in_slices_while_others_are_served() {
    let count = 3 * ACCEPTS + 7;
    let mut lone = Lone::new(count);
    for _ in 0..count {
        lone.comes();
    }
    lone.rig.step();
    assert_eq!(lone.open(), ACCEPTS);
    let mut slices = 1;
    while lone.open() < count {
        // The only event is the one of the registration: the loop goes on without any of the listener.
        lone.rig.send(0, b"busy?");
        assert!(!lone.rig.poll.asleep.get());
        slices += 1;
        assert!(lone.open() <= slices * ACCEPTS);
        assert_eq!(lone.rig.peer(0).received.len(), 13 * (slices - 1));
    }
    assert_eq!((slices, lone.rig.clock.now()), (4, Duration::ZERO), "it never waits in between");
    assert_eq!(lone.door.accepted.get(), count as u64);
}

#[test]
fn connections_that_are_gone_cost_nothing() {
    let mut lone = Lone::new(4);
    for error in [ErrorKind::ConnectionAborted, ErrorKind::Interrupted, ErrorKind::ConnectionReset] {
        lone.fails(error);
        lone.comes();
    }
    lone.rig.step();
    assert_eq!((lone.open(), lone.door.pauses.get()), (3, 0));
}

#[test]
fn without_descriptors_it_pauses_longer_and_longer_and_serves_meanwhile() {
    let mut lone = Lone::new(8);
    let first = lone.comes();
    let failures = 8;
    for _ in 0..failures {
        lone.fails(ErrorKind::OutOfMemory);
    }
    let second = lone.comes();
    lone.rig.step();
    assert_eq!((lone.open(), lone.door.pauses.get()), (1, 1));
    lone.rig.send(first, b"still here?");
    assert_eq!(lone.rig.peer(first).received.len(), 19);

    let mut began = Duration::ZERO;
    for pause in [50, 100, 200, 400, 800, 1000, 1000, 1000].map(Duration::from_millis) {
        // Others may come: they do not end the pause.
        lone.rig.poll.knock();
        lone.rig.run_until(began + pause - Duration::from_millis(1));
        let pauses = lone.door.pauses.get();
        lone.rig.run_until(began + pause);
        lone.rig.worker.round();
        assert_eq!(lone.door.pauses.get(), (pauses + 1).min(failures), "after {pause:?}");
        began += pause;
    }
    assert_eq!(lone.open(), 2, "it goes on without an event");
    lone.rig.send(second, b"hello");
    assert_eq!(lone.rig.peer(second).received.len(), 13);

    // The next trouble begins with a short pause again.
    lone.fails(ErrorKind::OutOfMemory);
    lone.comes();
    lone.rig.poll.knock();
    lone.rig.step();
    lone.rig.step();
    let began = lone.rig.clock.now();
    lone.rig.run_until(began + Duration::from_millis(50));
    lone.rig.worker.round();
    assert_eq!((lone.open(), lone.door.pauses.get()), (3, failures + 1));
}

#[test]
fn when_all_slots_are_taken_it_closes_at_once_and_counts() {
    let mut lone = Lone::new(2);
    for _ in 0..5 {
        lone.comes();
    }
    lone.rig.step();
    let closed: Vec<bool> = (0..5).map(|peer| lone.is_closed(peer)).collect();
    assert_eq!(closed, [false, false, true, true, true]);
    assert_eq!((lone.door.accepted.get(), lone.door.refused.get()), (2, 3));

    lone.rig.peer(0).end = true;
    lone.rig.poll.tell(0, true, false);
    lone.rig.step();
    lone.rig.step();
    lone.comes();
    lone.rig.poll.knock();
    lone.rig.step();
    lone.rig.step();
    assert_eq!((lone.open(), lone.door.accepted.get()), (2, 3));
}

#[test]
fn a_shutdown_closes_the_listener_first() {
    let mut lone = Lone::new(4);
    let stuck = lone.comes();
    lone.rig.step();
    lone.rig.peer(stuck).room = 0;
    lone.rig.send(stuck, b"hello");
    lone.comes();
    lone.rig.poll.knock();
    lone.rig.worker.mailbox.stop();
    lone.rig.step();
    assert_eq!(lone.rig.ends(), [Reason::ShutDown]);
    assert_eq!(Rc::strong_count(&lone.listener.0), 1, "the listener is closed");
    let late = lone.comes();
    lone.rig.poll.knock();
    assert!(!lone.rig.step(), "it waits for the one that has not read");
    assert!(!lone.is_closed(stuck) && lone.door.accepted.get() == 1 && late == 2);
    while !lone.rig.step() {}
    assert!(lone.rig.clock.now() >= SHUTDOWN_TIMEOUT);
}

/// Others may have copies of its socket, whose events would wake it for each who comes to them.
#[test]
fn once_it_drains_it_hears_nothing_of_its_listener() {
    let mut lone = Lone::new(4);
    lone.comes();
    lone.rig.step();
    assert!(lone.rig.poll.watches.get());
    lone.rig.worker.mailbox.drain();
    lone.rig.step();
    assert!(!lone.rig.poll.watches.get());
}

#[test]
fn who_finds_no_slot_is_not_counted_among_those_who_come_too_fast() {
    for excess in [Excess::Close, Excess::Pause] {
        let pace = Pace::new(Rate::per_second(1).burst(2).excess(excess));
        let mut lone = Lone::admitting(1, Admission { pace: Some(pace), ..Admission::default() });
        for _ in 0..5 {
            lone.comes();
        }
        lone.rig.step();
        let Door { accepted, refused, hurried, delayed, .. } = &*lone.door;
        let counts = [accepted, refused, hurried, delayed].map(|counter| counter.get());
        assert_eq!((counts, lone.rig.clock.now()), ([1, 4, 0, 0], Duration::ZERO), "{excess:?}");
    }
}
