//! Which connections are slow: asked for while others are served.

use std::sync::mpsc::{TryRecvError, channel};

use super::*;
use crate::mail::Letter;
use crate::mail::connections::Survey;

#[test]
fn a_survey_takes_some_slots_a_round_and_finds_those_for_which_most_waits() {
    const COUNT: usize = 2500;
    let mut rig = Rig::new(COUNT + 1);
    for index in 0..COUNT {
        let peer = rig.connect();
        rig.peer(peer).room = if index % 100 == 7 { 0 } else { usize::MAX };
        rig.send(peer, &vec![0; index % 1000]);
    }
    rig.clock.pass(Duration::from_secs(2));
    let busy = rig.connect();
    rig.send(busy, b"served before");
    let (answer, answers) = channel();
    let survey = Letter::Slowest(Survey { most: 3, answer });
    assert!(rig.worker.mailbox.post(survey).is_ok());
    for _ in 0..2 {
        rig.send(busy, b"served meanwhile");
        assert_eq!(answers.try_recv(), Err(TryRecvError::Empty));
    }
    rig.send(busy, b"served meanwhile");
    assert_eq!(rig.peer(busy).received.len(), 21 + 3 * 24);
    let slowest = answers.try_recv().expect("it has looked at all");
    let waiting: Vec<_> = slowest.iter().map(|slow| slow.waiting).collect();
    assert_eq!(waiting, [915, 915, 815]);
    assert!(slowest.iter().all(|slow| slow.stalled_for.as_millis().abs_diff(2000) <= 2), "{slowest:?}");
}
