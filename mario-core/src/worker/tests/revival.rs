//! A fault of ours: the worker panics between two handlers.

use std::collections::BTreeSet;

use super::*;
use crate::mail::connections::PushError;
use crate::net::sim::SimListener;
use crate::stats::Door;

#[test]
fn a_worker_that_dies_reports_its_connections_and_serves_on() {
    let mut rig = Rig::new(4);
    let dead = rig.connect();
    rig.connect();
    rig.send(dead, b"before");
    let keys: BTreeSet<_> = rig.poll.registered.borrow().iter().map(|key| key.to_bits()).collect();
    let connections = rig.worker.exchange.connections();
    let id = ConnId::new(0, rig.poll.registered.borrow()[dead]);
    assert!(connections.is_open(id));

    rig.poll.fault.set(true);
    assert!(rig.survive());
    assert_eq!(rig.ends(), [Reason::WorkerDied, Reason::WorkerDied]);
    assert_eq!((rig.worker.slots.len(), rig.worker.mailbox.load()), (0, 0), "all slots are free");
    assert!(!connections.is_open(id));
    assert_eq!(rig.worker.mailbox.counters.deaths.get(), 1);

    let next = rig.connect();
    rig.send(next, b"after");
    assert_eq!(rig.peer(next).received, frame_to_vec(STX, ECHO, &Payload(b"after")).unwrap());
    assert!(!keys.contains(&rig.poll.registered.borrow()[next].to_bits()), "an id comes once");
    rig.run_until(rig.clock.now() + READ_TIMEOUT * 2);
    assert_eq!(rig.ends().last(), Some(&Reason::TimedOut), "deadlines hold again");
}

#[test]
fn the_next_life_takes_pushes_and_those_that_died_are_counted() {
    const COUNT: usize = 2 * DELIVERIES;
    let mut rig = Rig::new(COUNT);
    for _ in 0..COUNT {
        rig.connect();
    }
    let connections = rig.worker.exchange.connections();
    let message = connections.message(0x0201, &Payload(b"news")).unwrap();
    let ids: Vec<_> = rig.worker.slots.keys().into_iter().map(|key| ConnId::new(0, key)).collect();
    assert_eq!(connections.push_to_each(ids.iter().copied(), &message).queued, COUNT);
    connections.push_message(ids[0], &message).unwrap();
    rig.poll.fault.set(true);
    assert!(rig.survive());
    assert_eq!(connections.push_message(ids[0], &message), Err(PushError::Gone(ids[0])));

    let next = rig.connect();
    let id = ConnId::new(0, rig.poll.registered.borrow()[next]);
    connections.push_message(id, &message).unwrap();
    rig.step();
    assert_eq!(rig.peer(next).received, frame_to_vec(STX, 0x0201, &Payload(b"news")).unwrap());
    let mailbox = &rig.worker.mailbox;
    let (sent, gone) = (mailbox.counters.pushes.sent.get(), mailbox.counters.pushes.gone.get());
    assert_eq!(sent + gone + mailbox.mail.lost(), COUNT as u64 + 2, "none is forgotten");
}

#[test]
fn who_waits_to_be_taken_is_taken_by_the_next_life() {
    let mut rig = Rig::new(4);
    rig.connect();
    let stream = SimStream::default();
    stream.0.borrow_mut().room = usize::MAX;
    assert!(rig.dealer.deal(stream.into(), ([127, 0, 0, 1], 2).into(), || ()).is_ok());
    rig.poll.fault.set(true);
    // It is taken in the round that dies, or in the next one; in either case it is counted right.
    assert!(rig.survive());
    assert!(rig.survive());
    assert_eq!(rig.worker.mailbox.load(), rig.worker.slots.len());
}

/// How long it rests after a death.
fn rest(rig: &mut Rig) -> u64 {
    let begin = rig.clock.now();
    rig.poll.fault.set(true);
    assert!(rig.survive());
    (rig.clock.now() - begin).as_secs()
}

#[test]
fn a_worker_that_dies_over_and_over_rests_longer_and_longer() {
    let mut rig = Rig::new(4);
    let rests = [0, 0, 1, 2, 4, 8, 16, 32, 60, 60];
    assert_eq!(rests.map(|_| rest(&mut rig)), rests);
    // Who has lived for a minute begins at the begin.
    rig.clock.pass(Duration::from_secs(60));
    assert_eq!([0; 4].map(|_| rest(&mut rig)), [0, 0, 1, 2]);
    assert!(!rig.worker.mailbox.has_failed());
    let next = rig.connect();
    rig.send(next, b"after");
    assert_eq!(rig.peer(next).received.len(), 13);
}

#[test]
fn a_stop_does_not_wait_for_who_rests() {
    let mut rig = Rig::new(4);
    for _ in 0..8 {
        rest(&mut rig);
    }
    rig.worker.mailbox.stop();
    assert_eq!(rest(&mut rig), 0);
    while !rig.step() {}
}

#[test]
fn no_event_of_its_listener_is_lost_with_a_life() {
    let mut rig = Rig::new(4);
    let (listener, door) = (SimListener::default(), Arc::new(Door::default()));
    rig.worker.accept_from(Acceptor::new(listener.clone(), Arc::clone(&door), Arc::default())).unwrap();
    rig.step();
    rig.step();
    let stream = SimStream::default();
    stream.0.borrow_mut().room = usize::MAX;
    listener.0.borrow_mut().push_back(Ok(stream));
    // The event was for the life that ends here.
    rig.poll.fault.set(true);
    assert!(rig.survive());
    rig.step();
    assert_eq!((rig.worker.slots.len(), rig.worker.mailbox.load(), door.accepted.get()), (1, 1, 1));
}

#[test]
fn a_drain_ends_though_its_worker_died() {
    let mut rig = Rig::new(4);
    rig.connect();
    rig.worker.mailbox.stop();
    rig.poll.fault.set(true);
    assert!(rig.survive());
    while !rig.step() {}
    assert_eq!(rig.worker.mailbox.load(), 0);
}

#[test]
fn who_had_ended_already_is_not_reported_again() {
    let mut rig = Rig::new(2);
    let (_open, ended) = (rig.connect(), rig.connect());
    rig.peer(ended).room = 0;
    rig.send(ended, b"waits");
    rig.peer(ended).end = true;
    rig.poll.tell(ended, true, false);
    rig.step();
    assert_eq!(rig.ends(), [Reason::Closed]);
    rig.poll.fault.set(true);
    assert!(rig.survive());
    assert_eq!(rig.ends(), [Reason::Closed, Reason::WorkerDied]);
}
