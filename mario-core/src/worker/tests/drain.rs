//! A worker that lets its connections go.

use std::rc::Rc;

use super::*;

const WINDOW: Duration = Duration::from_secs(60);

/// How late a turn may come: it waits for the next sweep, and for an odd millisecond.
const LATE: Duration = Duration::from_millis(62);

/// How long the last one is heard out at most that does not close: its end comes with the next sweep.
const HEARD_OUT: Duration = Duration::from_millis(1_500);

/// A worker with so many connections that has just been told to drain.
fn draining(farewell: Option<Duration>, connections: usize) -> Rig {
    let mut plan = Rig::new(connections + 1).worker.plan.clone();
    (plan.drain, plan.read_timeout) = (Some(WINDOW), None);
    let mut rig = Rig::serving(Witness { farewell, ..Witness::default() }, plan);
    for _ in 0..connections {
        rig.connect();
    }
    rig.worker.mailbox.drain();
    rig.step();
    rig
}

/// When each of the connections ends, in order, until the worker is done.
fn end_times(rig: &mut Rig) -> Vec<Duration> {
    let mut times = Vec::new();
    loop {
        let done = rig.step();
        times.resize(rig.ends().len(), rig.clock.now());
        if done {
            return times;
        }
    }
}

fn go_away() -> Vec<u8> {
    frame_to_vec(STX, GO_AWAY, &Payload(b"")).unwrap()
}

/// A peer closes.
fn leave(rig: &mut Rig, peer: usize) {
    rig.peer(peer).end = true;
    rig.poll.tell(peer, true, false);
    rig.step();
}

#[test]
fn they_go_one_after_another_at_an_even_rate() {
    let count = 1000;
    let mut rig = draining(None, count);
    let times = end_times(&mut rig);
    assert_eq!(rig.ends(), vec![Reason::ShutDown; count]);
    for (number, time) in times.iter().enumerate() {
        // Each in its own piece of the window.
        let piece = WINDOW / count as u32;
        let begin = piece * number as u32;
        assert!((begin..=begin + piece + LATE).contains(time), "number {number} at {time:?}");
    }
    assert!(rig.clock.now() <= WINDOW + LATE + HEARD_OUT, "it ends with the last of them");
    assert_eq!(rig.worker.unflushed, 0);
}

#[test]
fn two_workers_are_not_in_step() {
    let [one, other] = [0, 1].map(|_| end_times(&mut draining(None, 10)));
    assert_ne!(one, other);
}

#[test]
fn who_waits_for_its_turn_is_served() {
    let mut rig = draining(None, 100);
    let last = 99;
    let mut calls = 0;
    while rig.ends().len() < 99 {
        rig.send(last, b"hello");
        calls += 1;
        assert_eq!(rig.peer(last).received.len(), calls * 13);
        rig.run_until(rig.clock.now() + WINDOW / 1000);
    }
    assert!(calls > 100);
}

#[test]
fn a_notice_is_time_to_finish() {
    let notice = Duration::from_secs(10);
    let mut rig = draining(Some(notice), 2);
    let mut told = [None, None];
    let mut served = 0;
    while rig.ends().len() < 2 {
        for (peer, told) in told.iter_mut().enumerate() {
            if told.is_none() && !rig.peer(peer).received.is_empty() {
                assert_eq!(rig.peer(peer).received, go_away());
                *told = Some(rig.clock.now());
            }
        }
        let before = rig.ends().len();
        if let ([_, Some(at)], 0 | 1) = (told, before)
            && rig.clock.now() + 3 * LATE < at + notice
        {
            rig.send(1, b"on");
            served += 1;
            assert_eq!(rig.peer(1).received.len(), 8 + served * 10);
        }
        rig.step();
        if rig.ends().len() > before {
            let since = rig.clock.now() - told[before].expect("it is told before it ends");
            assert!((notice - LATE..=notice + 3 * LATE).contains(&since), "{before} after {since:?}");
        }
    }
    assert!(served > 100);
    assert_eq!(rig.ends(), [Reason::ShutDown; 2]);
    for peer in 0..2 {
        leave(&mut rig, peer);
    }
    assert!(rig.step(), "nobody is left");
}

#[test]
fn what_was_asked_before_the_end_is_answered_and_what_comes_later_does_no_harm() {
    let mut rig = draining(None, 1);
    // It has arrived, but the worker was not told yet.
    rig.peer(0).sent.push_back(Ok(frame_to_vec(STX, ECHO, &Payload(b"in time")).unwrap()));
    while rig.ends().is_empty() {
        rig.step();
    }
    assert_eq!(rig.peer(0).received, frame_to_vec(STX, ECHO, &Payload(b"in time")).unwrap());
    assert!(rig.peer(0).shut, "it is told that nothing follows");
    // A close would answer this with a reset.
    rig.send(0, b"late");
    assert_eq!(Rc::strong_count(&rig.peers[0].0), 2, "it is not closed yet");
    leave(&mut rig, 0);
    assert!(rig.step());
    assert_eq!(rig.peer(0).received.len(), 15);
}

#[test]
fn who_leaves_by_itself_is_not_waited_for() {
    let mut rig = draining(Some(Duration::MAX), 3);
    for peer in 0..3 {
        leave(&mut rig, peer);
    }
    assert!(rig.step());
    assert_eq!(rig.ends(), [Reason::Closed; 3]);
    assert!(rig.clock.now() <= LATE);
}

#[test]
fn who_was_dealt_before_the_drain_is_served_and_has_a_turn() {
    let mut rig = draining(None, 1);
    let stream = SimStream::default();
    stream.0.borrow_mut().room = usize::MAX;
    rig.peers.push(stream.clone());
    assert!(rig.dealer.deal(stream.into(), ([127, 0, 0, 1], 1).into(), || ()).is_ok());
    assert!(!rig.step());
    rig.send(1, b"hello");
    assert_eq!(rig.peer(1).received.len(), 13);
    assert_eq!(end_times(&mut rig).len(), 2);
    assert!(rig.clock.now() <= WINDOW + LATE + HEARD_OUT);
}

#[test]
fn a_stop_ends_it_at_once() {
    let mut rig = draining(Some(Duration::MAX), 5);
    rig.run_until(WINDOW / 2);
    let told = (0..5).filter(|peer| !rig.peer(*peer).received.is_empty()).count();
    assert!((1..5).contains(&told), "{told} were told");
    rig.worker.mailbox.stop();
    rig.step();
    assert_eq!(rig.ends(), [Reason::ShutDown; 5]);
    assert!(rig.step());
    assert!(rig.clock.now() <= WINDOW / 2 + LATE);
}

#[test]
fn who_does_not_read_is_given_up_after_the_last_turn() {
    let mut rig = draining(None, 4);
    rig.run_until(WINDOW * 3 / 4 - LATE);
    rig.peer(3).room = 0;
    rig.send(3, b"hello");
    end_times(&mut rig);
    assert_eq!(rig.ends(), [Reason::ShutDown; 4]);
    rig.worker.drop_all();
    assert_eq!(rig.worker.unflushed, 1);
    assert!((WINDOW + SHUTDOWN_TIMEOUT..=WINDOW + SHUTDOWN_TIMEOUT + LATE).contains(&rig.clock.now()));
    assert!(rig.peers.iter().all(|peer| Rc::strong_count(&peer.0) == 1), "all are closed");
}

#[test]
fn a_very_great_many_are_told_in_slices() {
    let count = 3 * EXPIRIES;
    let mut rig = draining(None, count);
    // As if the worker had been held up for the whole window.
    rig.worker.now = WINDOW + LATE;
    let mut before = 0;
    while before < count {
        rig.worker.let_go();
        let ends = rig.ends().len();
        assert!((1..=EXPIRIES).contains(&(ends - before)));
        before = ends;
    }
}

#[test]
fn who_is_left_when_the_worker_gives_up_is_reported() {
    // Its notice ends half-way between two looks at whose notice has ended, and the worker does not wait for the next.
    let mut rig = draining(Some(WINDOW + Duration::from_millis(30)), 1);
    rig.worker.plan.shutdown_timeout = Duration::from_millis(1);
    while !rig.step() {}
    rig.worker.end();
    assert_eq!(rig.ends(), [Reason::ShutDown]);
    assert_eq!(rig.worker.unflushed, 0);
}

#[test]
fn what_had_waited_for_tokens_is_answered_at_the_end() {
    let mut plan = Rig::new(2).worker.plan.clone();
    plan.drain = Some(Duration::from_millis(1));
    plan.rules.limits.frames = Some(crate::parts::rate::Rate::per_second(1).burst(3));
    let mut rig = Rig::with(plan);
    let peer = rig.connect();
    let requests = frame_to_vec(STX, ECHO, &Payload(b"asked in time")).unwrap().repeat(20);
    rig.peer(peer).sent.push_back(Ok(requests.clone()));
    rig.poll.tell(peer, true, false);
    rig.step();
    assert!(rig.peer(peer).received.len() < requests.len());
    rig.worker.mailbox.drain();
    while rig.ends().is_empty() {
        rig.step();
    }
    assert_eq!((rig.ends(), &rig.peer(peer).received), (vec![Reason::ShutDown], &requests));
    assert!(rig.clock.now() < Duration::from_secs(3), "at once, not at its rate");
}
