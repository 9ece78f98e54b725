//! What a worker calls the system for: a read and a write a request, and nothing in vain.

use super::*;
use crate::net::sim::Calls;
use crate::parts::rate::Rate;

impl Rig {
    /// The calls for a connection since the last time.
    fn calls(&self, peer: usize) -> Calls {
        std::mem::take(&mut self.peer(peer).calls)
    }

    /// Lets a peer take so much from now on, and says so.
    fn make_room(&mut self, peer: usize, room: usize) {
        self.peer(peer).room = room;
        self.poll.tell(peer, false, true);
        self.step();
    }
}

fn calls(reads: usize, writes: usize) -> Calls {
    Calls { reads, vain_reads: 0, writes }
}

#[test]
fn a_request_is_a_read_and_a_write() {
    let mut rig = Rig::new(4);
    let peers = [rig.connect(), rig.connect()];
    // The first event tells of the state at registration: there is room.
    peers.iter().for_each(|peer| rig.poll.tell(*peer, false, true));
    rig.step();
    for _ in 0..100 {
        peers.iter().for_each(|peer| rig.send(*peer, b"hello"));
    }
    for peer in peers {
        assert_eq!(rig.calls(peer), calls(100, 100));
        assert_eq!(rig.peer(peer).received.len(), 100 * 13);
    }
    assert_eq!(rig.poll.registered.borrow().len(), 2, "each is registered once");
}

#[test]
fn requests_that_arrive_together_are_a_read_and_a_write() {
    let mut rig = Rig::new(4);
    let peer = rig.connect();
    let requests = frame_to_vec(STX, ECHO, &Payload(b"hello")).unwrap().repeat(16);
    for _ in 0..10 {
        rig.peer(peer).sent.push_back(Ok(requests.clone()));
        rig.poll.tell(peer, true, false);
        rig.step();
    }
    assert_eq!(rig.calls(peer), calls(10, 10));
}

#[test]
fn a_burst_is_read_to_its_end_and_not_beyond() {
    let mut rig = Rig::new(4);
    let peer = rig.connect();
    // More than a read takes, however far it reaches.
    let frame = frame_to_vec(STX, ECHO, &Payload(&[0; 1016])).unwrap();
    rig.peer(peer).sent.push_back(Ok(frame.repeat(65)));
    rig.poll.tell(peer, true, false);
    for _ in 0..10 {
        rig.step();
    }
    assert_eq!(rig.peer(peer).received.len(), 65 * 1024);
    assert_eq!(rig.calls(peer).vain_reads, 0);
}

#[test]
fn who_is_read_again_after_a_pause_is_read_only_if_something_came() {
    let mut rig = Rig::new(4);
    let peer = rig.connect();
    rig.peer(peer).room = 0;
    for _ in 0..2 {
        rig.send(peer, &[0; 1000]);
    }
    assert!(rig.peer(peer).received.is_empty(), "it is paused");
    rig.calls(peer);
    rig.make_room(peer, usize::MAX);
    assert_eq!(rig.peer(peer).received.len(), 2 * 1008);
    assert_eq!(rig.calls(peer).reads, 0);

    rig.peer(peer).room = 0;
    for _ in 0..3 {
        rig.send(peer, &[0; 1000]);
    }
    rig.calls(peer);
    rig.make_room(peer, usize::MAX);
    assert_eq!(rig.peer(peer).received.len(), 5 * 1008);
    let Calls { reads, vain_reads, .. } = rig.calls(peer);
    assert_eq!((reads, vain_reads), (1, 0), "the last one came in the pause");
}

#[test]
fn who_goes_on_after_it_was_too_fast_is_read_only_if_something_came() {
    let mut plan = Rig::new(4).worker.plan.clone();
    plan.rules.limits.frames = Some(Rate::per_second(1));
    let mut rig = Rig::with(plan);
    let peer = rig.connect();
    let requests = frame_to_vec(STX, ECHO, &Payload(b"")).unwrap().repeat(3);
    rig.peer(peer).sent.push_back(Ok(requests));
    rig.poll.tell(peer, true, false);
    while rig.peer(peer).received.len() < 3 * 8 {
        rig.step();
    }
    assert_eq!(rig.calls(peer), calls(1, 3));
}
