use std::collections::VecDeque;

use mario_proto::{HEADER_LEN, frame_to_vec};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::Packet;

const COMMANDS: [u16; 2] = [0x0101, 0x0102];
const PUSHED: u16 = 0x0700;
const HEARTBEAT: u16 = 0x0001;

#[derive(Packet)]
struct Question {
    #[mario(correlation)]
    number: u8,
}

/// What happens on a connection.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A call, with or without a correlation.
    Call {
        command: usize,
        correlated: bool,
    },
    /// One of those who wait goes away.
    GiveUp(usize),
    /// The server answers the oldest request, or one with a correlation out of its turn.
    Answer(usize),
    Push,
    Beat,
    /// So many of the bytes on the way arrive.
    Arrive(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..COMMANDS.len(), any::<bool>()).prop_map(|(command, correlated)| Step::Call { command, correlated }),
        1 => any::<usize>().prop_map(Step::GiveUp),
        4 => any::<usize>().prop_map(Step::Answer),
        1 => Just(Step::Push),
        1 => Just(Step::Beat),
        4 => (0..40usize).prop_map(Step::Arrive),
    ]
}

/// A request as a server has it.
struct Asked {
    command: u16,
    call: Option<u32>,
    number: Option<u8>,
}

#[derive(Debug, Default, PartialEq)]
struct Seen {
    answered: Vec<u32>,
    pushed: usize,
}

proptest! {
    /// Whoever waits gets the reply to his own request, and nobody that of one who went away.
    #[test]
    fn every_reply_reaches_its_call(steps in vec(step(), 0..60)) {
        let correlation = Correlation::between(Question::DESCRIPTION, Question::DESCRIPTION);
        let mut conversation = Conversation::new(Stx::default(), u16::MAX);
        let mut server: VecDeque<Asked> = VecDeque::new();
        let mut waiting: Vec<(u32, Ticket)> = Vec::new();
        // Bytes that the server has sent, and those of them that have come.
        let (mut way, mut inflow) = (VecDeque::new(), Vec::new());
        let (mut seen, mut expected) = (Seen::default(), Seen::default());
        let mut calls = 0;
        let mut answers: Vec<u32> = Vec::new();
        let mut gone = Vec::new();
        for step in steps.into_iter().chain([Step::Arrive(usize::MAX)]) {
            match step {
                Step::Call { command, correlated } => {
                    calls += 1;
                    let command = COMMANDS[command] + if correlated { 0x10 } else { 0 };
                    let correlation = correlation.filter(|_| correlated);
                    let mut question = Question { number: 0 };
                    let (ticket, frame) =
                        conversation.request(command, &mut question, correlation, calls).expect("there are few");
                    waiting.push((calls, ticket));
                    let number = correlated.then(|| frame[HEADER_LEN]);
                    server.push_back(Asked { command, call: Some(calls), number });
                }
                Step::GiveUp(which) if !waiting.is_empty() => {
                    let (call, ticket) = waiting.remove(which % waiting.len());
                    let was_waiting = !seen.answered.contains(&call);
                    prop_assert_eq!(conversation.give_up(ticket), was_waiting);
                    if was_waiting {
                        gone.push(call);
                    }
                }
                Step::Answer(which) if !server.is_empty() => {
                    let which = which % server.len();
                    let out_of_turn = server[which].number.is_some();
                    let Asked { command, call, number } =
                        server.remove(if out_of_turn { which } else { 0 }).expect("it is there");
                    let reply = Question { number: number.unwrap_or_default() };
                    let frame = match call {
                        Some(_) => frame_to_vec(Stx::default().0, command, &reply),
                        None => frame_to_vec(Stx::default().0, command, &Payload::default()),
                    };
                    way.extend(frame.expect("it fits"));
                    answers.extend(call);
                }
                Step::Push => {
                    way.extend(frame_to_vec(Stx::default().0, PUSHED, &Payload(&[1])).expect("it fits"));
                    expected.pushed += 1;
                }
                Step::Beat => if conversation.heartbeat(HEARTBEAT).is_ok() {
                    server.push_back(Asked { command: HEARTBEAT, call: None, number: None });
                },
                Step::Arrive(count) => {
                    let count = count.min(way.len());
                    inflow.extend(way.drain(..count));
                    let taken = conversation.receive(&inflow, |waiting, frame| match waiting {
                        Some(call) => seen.answered.push(call),
                        None => {
                            assert_eq!(frame.cmd, PUSHED);
                            seen.pushed += 1;
                        }
                    });
                    inflow.drain(..taken.expect("all of it is right"));
                }
                Step::GiveUp(_) | Step::Answer(_) => {}
            }
        }
        expected.answered = answers.into_iter().filter(|call| !gone.contains(call)).collect();
        prop_assert_eq!(&seen, &expected);
        let (cause, left) = conversation.end(Disconnect::ByServer);
        prop_assert!(matches!(cause, Disconnect::ByServer));
        let mut left: Vec<u32> = left.collect();
        left.sort_unstable();
        let unanswered = waiting.iter().map(|(call, _)| *call).filter(|call| !seen.answered.contains(call));
        prop_assert_eq!(left, unanswered.collect::<Vec<_>>());
    }
}

#[test]
fn heartbeats_without_an_answer_end_it_and_anything_that_comes_counts() {
    let mut conversation = Conversation::<()>::new(Stx::default(), 64);
    for _ in 0..2 {
        for _ in 0..HEARTBEATS {
            let frame = conversation.heartbeat(HEARTBEAT).unwrap();
            assert_eq!(frame, [0xff, 0xff, 0xff, 0xff, 8, 0, 1, 0]);
        }
        let silent = conversation.heartbeat(HEARTBEAT);
        assert!(matches!(silent, Err(Failure::NotSent(Disconnect::Silent { heartbeats: HEARTBEATS }))));
        assert_eq!(conversation.receive(&[0xff], |_, _| ()).unwrap(), 0, "a part of a frame will do");
    }
}

#[test]
fn nothing_is_sent_after_the_end_and_the_first_cause_stays() {
    let mut conversation = Conversation::<()>::new(Stx::default(), 64);
    conversation.close(Disconnect::ByClient);
    conversation.close(Disconnect::ByServer);
    let by_client = |failure| matches!(failure, Failure::NotSent(Disconnect::ByClient));
    assert!(by_client(conversation.request(1, &mut Payload::default(), None, ()).unwrap_err()));
    assert!(by_client(conversation.message(1, &Payload::default()).unwrap_err()));
    assert!(by_client(conversation.heartbeat(1).unwrap_err()));
    assert!(matches!(conversation.end(Disconnect::ByServer).0, Disconnect::ByClient));
}

#[test]
fn a_request_that_can_not_be_sent_leaves_no_call_behind() {
    let mut conversation = Conversation::new(Stx::default(), 64);
    let failed = conversation.request(0x0101, &mut Payload(&[0; 65_528]), None, ());
    assert!(matches!(failed, Err(Failure::Error(Error::Encode { command: 0x0101, .. }))));
    assert_eq!(conversation.end(Disconnect::ByServer).1.count(), 0);
}
