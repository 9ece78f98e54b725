//! Who is silent, or does not read, expires; nobody else does.

use super::*;

#[test]
fn silence_expires_after_the_timeout_and_hardly_later() {
    let mut rig = Rig::new(4);
    rig.connect();
    rig.run_until(READ_TIMEOUT - Duration::from_millis(1));
    assert_eq!(rig.ends(), []);
    rig.run_until(READ_TIMEOUT + READ_TIMEOUT / 8);
    assert_eq!(rig.ends(), [Reason::TimedOut]);
    assert!(rig.worker.slots.is_empty());
}

#[test]
fn each_frame_gives_the_whole_time_again() {
    let mut rig = Rig::new(4);
    let peer = rig.connect();
    for round in 1..20 {
        rig.run_until(round * (READ_TIMEOUT - Duration::from_secs(1)));
        rig.send(peer, b"here");
    }
    assert_eq!(rig.ends(), []);
    assert_eq!(rig.peer(peer).received.len(), 19 * 12);
}

#[test]
fn who_does_not_read_expires_by_the_write_timeout() {
    let mut rig = Rig::new(4);
    let peer = rig.connect();
    rig.peer(peer).room = 5;
    rig.send(peer, b"a reply that does not fit");
    rig.run_until(WRITE_TIMEOUT - Duration::from_millis(1));
    assert_eq!(rig.ends(), []);
    rig.run_until(WRITE_TIMEOUT * 9 / 8);
    assert_eq!(rig.ends(), [Reason::TimedOut]);
    assert!(rig.worker.slots.is_empty(), "what waited is dropped");
}

#[test]
fn who_reads_slowly_is_paused_and_never_taken_for_silent() {
    let mut rig = Rig::new(4);
    let peer = rig.connect();
    rig.peer(peer).room = 0;
    for _ in 0..40 {
        rig.send(peer, &[0; 1000]);
    }
    for round in 1..20 {
        rig.run_until(round * (WRITE_TIMEOUT - Duration::from_secs(1)));
        rig.peer(peer).room = SEGMENT;
        rig.poll.tell(peer, false, true);
        rig.step();
    }
    assert_eq!(rig.ends(), []);
    rig.peer(peer).room = usize::MAX;
    rig.poll.tell(peer, false, true);
    rig.step();
    assert_eq!(rig.peer(peer).received.len(), 40 * 1008, "the requests that waited are answered");
}

#[test]
fn who_reads_a_byte_at_a_time_expires_as_who_reads_nothing() {
    let mut rig = Rig::new(4);
    let peer = rig.connect();
    rig.peer(peer).room = 0;
    for _ in 0..4 {
        rig.send(peer, &[0; 1000]);
    }
    for second in 1..WRITE_TIMEOUT.as_secs() as u32 {
        rig.run_until(second * Duration::from_secs(1));
        assert_eq!(rig.ends(), []);
        rig.peer(peer).room = 1;
        rig.poll.tell(peer, false, true);
        rig.step();
    }
    rig.run_until(WRITE_TIMEOUT * 9 / 8);
    assert_eq!(rig.ends(), [Reason::TimedOut]);
}

#[test]
fn a_frame_that_was_begun_before_a_pause_has_its_time_after_it() {
    let limit = Duration::from_secs(10);
    let mut plan = Rig::new(4).worker.plan.clone();
    (plan.read_timeout, plan.patience.partial_frame) = (None, Some(limit));
    let mut rig = Rig::with(plan);
    let peer = rig.connect();
    rig.peer(peer).room = 0;
    let frame = frame_to_vec(STX, ECHO, &Payload(&[0; 1000])).unwrap();
    let sent = [frame.repeat(3), frame[..500].to_vec()].concat();
    rig.peer(peer).sent.push_back(Ok(sent));
    rig.poll.tell(peer, true, false);
    rig.step();
    rig.run_until(2 * limit);
    assert_eq!(rig.ends(), [], "it is we who do not read");
    rig.peer(peer).room = usize::MAX;
    rig.poll.tell(peer, false, true);
    rig.step();
    rig.run_until(3 * limit - Duration::from_millis(1));
    assert_eq!(rig.ends(), []);
    rig.run_until(4 * limit);
    assert_eq!(rig.ends(), [Reason::Incomplete]);
}

#[test]
fn a_very_great_many_expire_in_slices() {
    let count = 3 * EXPIRIES + 7;
    let mut rig = Rig::new(count);
    for _ in 0..count {
        rig.connect();
    }
    while rig.ends().is_empty() {
        rig.step();
    }
    assert!(rig.ends().len() <= EXPIRIES);
    while rig.ends().len() < count {
        let before = rig.ends().len();
        rig.step();
        assert!(rig.ends().len() - before <= EXPIRIES);
    }
    assert!(rig.worker.slots.is_empty());
}
