//! A worker whose connections may send only so fast.

use mario_proto::FrameError;

use super::*;
use crate::parts::rate::{Excess, Rate};
use crate::worker::expiry::LINGER;

fn rig(frames: Rate) -> Rig {
    let mut plan = Rig::new(64).worker.plan.clone();
    plan.rules.limits.frames = Some(frames);
    Rig::with(plan)
}

fn requests(count: usize) -> Vec<u8> {
    frame_to_vec(STX, ECHO, &Payload(b"")).unwrap().repeat(count)
}

impl Rig {
    fn send_requests(&mut self, peer: usize, count: usize) {
        self.peer(peer).sent.push_back(Ok(requests(count)));
        self.poll.tell(peer, true, false);
    }

    fn replies(&self) -> usize {
        self.peers.iter().map(|peer| peer.0.borrow().received.len() / 8).sum()
    }
}

#[test]
fn who_waits_does_not_make_the_worker_spin() {
    let mut rig = rig(Rate::per_second(1));
    let peer = rig.connect();
    rig.send_requests(peer, 10);
    let mut rounds = 0;
    while rig.replies() < 10 {
        rig.step();
        rounds += 1;
    }
    assert!(rig.clock.now() >= Duration::from_secs(9));
    // One for each of them, and two a second for the deadlines.
    assert!(rounds < 50, "{rounds}");
}

#[test]
fn a_great_many_that_wait_are_looked_at_together() {
    let mut rig = rig(Rate::per_second(100).burst(10));
    for peer in 0..64 {
        rig.connect();
        rig.send_requests(peer, 110);
        rig.step();
    }
    let mut rounds = 0;
    while rig.replies() < 64 * 110 {
        rig.step();
        rounds += 1;
    }
    assert!(rounds < 150, "{rounds} rounds in {:?}", rig.clock.now());
    let second = Duration::from_secs(1);
    assert!((second..second * 5 / 4).contains(&rig.clock.now()), "{:?}", rig.clock.now());
}

#[test]
fn a_worker_that_nobody_keeps_waiting_sleeps() {
    let mut rig = rig(Rate::per_second(1));
    let peer = rig.connect();
    rig.send_requests(peer, 10);
    rig.step();
    assert_eq!(rig.replies(), 1);
    rig.worker.mailbox.stop();
    rig.step();
    assert_eq!(rig.ends(), [Reason::ShutDown]);
    assert_eq!(rig.worker.exchange.next_resume(), None);
}

#[test]
fn what_waits_for_tokens_stays_within_its_share_of_the_pool() {
    let mut rig = rig(Rate::per_second(1));
    for peer in 0..64 {
        rig.connect();
        rig.send_requests(peer, 20_000);
        rig.step();
    }
    for _ in 0..20 {
        rig.step();
    }
    assert_eq!(rig.ends(), []);
    for peer in 0..64 {
        let key = rig.poll.registered.borrow()[peer];
        let waiting = rig.worker.connection(key).unwrap().link.input.len();
        assert!((1..=2048).contains(&waiting), "{waiting}");
    }
}

#[test]
fn who_is_closed_while_it_waits_is_heard_out_at_once() {
    let mut rig = rig(Rate::per_second(1));
    let peer = rig.connect();
    rig.send_requests(peer, 20_000);
    rig.step();
    rig.peer(peer).end = true;
    rig.poll.tell_end(peer);
    rig.worker.mailbox.stop();
    let mut rounds = 0;
    while !rig.step() {
        rounds += 1;
    }
    assert!(rig.peer(peer).sent.is_empty(), "or it might lose its reply");
    assert!(rounds < 10 && rig.clock.now() < LINGER, "{rounds} rounds until {:?}", rig.clock.now());
}

#[test]
fn what_breaks_the_rules_after_the_last_token_ends_the_connection_at_once() {
    let mut rig = rig(Rate::per_second(1).excess(Excess::Close));
    let peer = rig.connect();
    let sent = [requests(1), b"no frame".to_vec()].concat();
    rig.peer(peer).sent.push_back(Ok(sent));
    rig.poll.tell(peer, true, false);
    rig.step();
    assert!(matches!(rig.ends()[..], [Reason::Protocol(FrameError::WrongStx { .. })]), "{:?}", rig.ends());
}

#[test]
fn who_is_closed_while_it_is_owed_an_answer_is_heard_out_at_once() {
    let mut rig = Rig::new(1);
    let peer = rig.connect();
    let key = rig.poll.registered.borrow()[peer];
    rig.worker.connection(key).unwrap().link.set_awaits_answer(true);
    rig.send_requests(peer, 20_000);
    rig.step();
    rig.peer(peer).end = true;
    rig.poll.tell_end(peer);
    rig.worker.mailbox.stop();
    let rounds = (0..10).take_while(|_| !rig.step()).count();
    assert!(rounds < 10 && rig.clock.now() < LINGER, "{rounds} rounds until {:?}", rig.clock.now());
    assert!(rig.peer(peer).sent.is_empty(), "or it might lose its reply");
}
