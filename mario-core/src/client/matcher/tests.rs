//! Every call gets its own reply and no other, whatever becomes of those beside it.

use std::collections::BTreeMap;

use mario_proto::{HEADER_LEN, frame_to_vec};
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::Packet;

/// Matched by their order.
const ORDERED: [u16; 2] = [1, 2];
/// Matched by their number, of which there are few.
const NUMBERED: u16 = 3;

/// A reply, which says whose it is.
#[derive(Packet)]
struct Reply {
    #[mario(correlation)]
    number: u8,
    call: u32,
}

fn correlation() -> Correlation {
    Correlation::between(Reply::DESCRIPTION, Reply::DESCRIPTION).unwrap()
}

fn payload(number: u64, call: u32) -> Vec<u8> {
    frame_to_vec(0, 0, &Reply { number: number as u8, call }).unwrap().split_off(HEADER_LEN)
}

#[derive(Clone, Debug)]
enum Step {
    Call(u16),
    /// The server answers one of the requests; of a command without correlations the first.
    Answer(Index),
    GiveUp(Index),
    /// The server sends what nobody asked for.
    Stray,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => (1..=NUMBERED).prop_map(Step::Call),
        4 => any::<Index>().prop_map(Step::Answer),
        2 => any::<Index>().prop_map(Step::GiveUp),
        1 => Just(Step::Stray),
    ];
    prop::collection::vec(step, 0..400)
}

/// A request that the server has not answered.
struct Request {
    command: u16,
    number: u64,
    ticket: Ticket,
    waits: bool,
}

proptest! {
    #[test]
    fn each_call_gets_its_own_reply(steps in steps()) {
        let mut matcher = Matcher::new();
        let mut requests: BTreeMap<u32, Request> = BTreeMap::new();
        for (call, step) in (0u32..).zip(steps) {
            match step {
                Step::Call(command) => {
                    let number = (command == NUMBERED).then(|| matcher.number(command, correlation()).unwrap());
                    let ticket = matcher.expect(command, number, Some(call)).unwrap();
                    let number = number.map_or(0, |number| number.value);
                    requests.insert(call, Request { command, number, ticket, waits: true });
                }
                Step::Answer(index) if !requests.is_empty() => {
                    let picked = *index.get(&requests.keys().copied().collect::<Vec<_>>());
                    let command = requests[&picked].command;
                    let answered = if ORDERED.contains(&command) {
                        *requests.iter().find(|(_, request)| request.command == command).unwrap().0
                    } else {
                        picked
                    };
                    let request = requests.remove(&answered).unwrap();
                    let arrival = matcher.arrive(command, &payload(request.number, answered));
                    prop_assert_eq!(arrival, if request.waits { Arrival::For(answered) } else { Arrival::Late });
                    prop_assert!(!matcher.give_up(request.ticket), "it was answered before");
                }
                Step::GiveUp(index) if !requests.is_empty() => {
                    let picked = *index.get(&requests.keys().copied().collect::<Vec<_>>());
                    let request = requests.get_mut(&picked).unwrap();
                    prop_assert_eq!(matcher.give_up(request.ticket), request.waits);
                    request.waits = false;
                }
                Step::Stray => {
                    prop_assert_eq!(matcher.arrive(77, &[]), Arrival::Nobody);
                    let free = (0..=u8::MAX).map(u64::from).find(|free| {
                        !requests.values().any(|request| request.command == NUMBERED && request.number == *free)
                    });
                    if let Some(free) = free {
                        prop_assert_eq!(matcher.arrive(NUMBERED, &payload(free, 0)), Arrival::Nobody);
                    }
                }
                Step::Answer(_) | Step::GiveUp(_) => {}
            }
        }
        let mut waiting: Vec<u32> = matcher.end().collect();
        waiting.sort_unstable();
        let expected = requests.iter().filter(|(_, request)| request.waits).map(|(call, _)| *call);
        prop_assert_eq!(waiting, expected.collect::<Vec<_>>());
        prop_assert_eq!(matcher.arrive(NUMBERED, &[]), Arrival::Nobody);
    }
}

#[test]
fn a_number_is_used_again_only_when_its_call_is_answered() {
    let mut matcher = Matcher::new();
    let ask = |matcher: &mut Matcher<u32>, call| {
        let number = matcher.number(NUMBERED, correlation())?;
        matcher.expect(NUMBERED, Some(number), Some(call)).map(|ticket| (number.value, ticket))
    };
    let asked: Vec<_> = (0..256).map(|call| ask(&mut matcher, call).unwrap()).collect();
    assert_eq!(ask(&mut matcher, 256), Err(Busy));
    let (number, ticket) = asked[100];
    assert!(matcher.give_up(ticket));
    assert_eq!(ask(&mut matcher, 256), Err(Busy), "its reply may still come");
    assert_eq!(matcher.arrive(NUMBERED, &payload(number, 100)), Arrival::Late);
    assert_eq!(ask(&mut matcher, 256).map(|(number, _)| number), Ok(number));
}

#[test]
fn unanswered_calls_are_bounded() {
    let mut matcher = Matcher::new();
    for call in 0..LIMIT {
        let ticket = matcher.expect(1, None, Some(call)).unwrap();
        assert!(matcher.give_up(ticket));
    }
    assert_eq!(matcher.expect(1, None, Some(0)), Err(Busy), "each of them keeps its place");
    assert!(matcher.expect(2, None, Some(0)).is_ok());

    #[derive(Packet)]
    struct Wide(#[mario(correlation)] u64);
    let wide = Correlation::between(Wide::DESCRIPTION, Wide::DESCRIPTION).unwrap();
    for call in 0..2 * LIMIT {
        let number = matcher.number(NUMBERED, wide).unwrap();
        let ticket = matcher.expect(NUMBERED, Some(number), Some(call)).unwrap();
        assert!(matcher.give_up(ticket));
    }
    assert_eq!(matcher.unanswered[&NUMBERED].len(), LIMIT);
}

#[test]
fn a_reply_without_a_number_is_that_of_the_only_call_or_of_none() {
    let mut matcher = Matcher::new();
    let ask = |matcher: &mut Matcher<u32>, call| {
        let number = matcher.number(NUMBERED, correlation()).unwrap();
        matcher.expect(NUMBERED, Some(number), Some(call)).unwrap();
    };
    ask(&mut matcher, 1);
    assert_eq!(matcher.arrive(NUMBERED, &[]), Arrival::For(1));
    ask(&mut matcher, 2);
    ask(&mut matcher, 3);
    assert_eq!(matcher.arrive(NUMBERED, &[]), Arrival::Unreadable);
    assert_eq!(matcher.end().count(), 2);
}
