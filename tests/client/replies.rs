//! Whose reply is whose.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use mario::Payload;
use mario::client::{Disconnect, Error};
use mario::proto::DecodeErrorKind;

use crate::Client;
use crate::fake::*;
use crate::support::{ECHO, PUSHED, SUM, frame, serve};

#[test]
fn replies_out_of_order_reach_their_calls_by_correlation() {
    const CALLS: u32 = 40;
    let fake = Fake::new(|peer| {
        let mut requests: Vec<_> = (0..CALLS).map(|_| peer.receive(NUMBERED)).collect();
        requests.reverse();
        requests.rotate_left(7);
        peer.send(&requests.concat());
    });
    let client = fake.client();
    thread::scope(|scope| {
        for value in 0..CALLS {
            let client = &client;
            scope.spawn(move || {
                let reply: Numbered = client.call(ASK, Numbered::new(value)).unwrap();
                assert_eq!(reply.value, value);
            });
        }
    });
    fake.done();
}

#[test]
fn replies_without_correlation_reach_their_calls_in_order() {
    const CALLS: u32 = 40;
    let fake = Fake::new(|peer| {
        // All are on the way at once; between their replies is what nobody asked for.
        let requests: Vec<_> = (0..CALLS).map(|_| peer.receive(12)).collect();
        peer.send(&requests.join(&frame(PUSHED, b"by the way")[..]));
    });
    let client = fake.client();
    thread::scope(|scope| {
        for value in 0..CALLS {
            let client = client.clone();
            scope.spawn(move || assert_eq!(ask(&client, value).unwrap(), value));
        }
    });
    fake.done();
    let pushes: Vec<_> = client.pushes().collect();
    assert_eq!(pushes.len(), CALLS as usize - 1);
    assert!(pushes.iter().all(|push| push.command() == PUSHED && push.payload() == b"by the way"));
}

#[test]
fn threads_share_a_connection_to_a_server() {
    let rig = serve(|builder| builder);
    let client = Client::connect(rig.addr()).unwrap();
    thread::scope(|scope| {
        for left in 0..8 {
            let client = &client;
            scope.spawn(move || {
                for right in 0..200 {
                    let sum: Number = client.call(SUM, Summands { left, right }).unwrap();
                    assert_eq!(sum, Number(left + right));
                    let payload = [left as u8; 16];
                    let echo = client.call_frame::<Payload<'_>>(ECHO, Payload(&payload)).unwrap();
                    assert_eq!(echo.decode::<Payload<'_>>().unwrap(), Payload(&payload));
                }
            });
        }
    });
    assert_eq!(rig.stats().accepted, 1);
    assert_eq!(rig.stats().frames, 8 * 200 * 2);
}

#[test]
fn a_late_reply_is_not_taken_for_that_of_the_next_call() {
    let (timed_out, wait) = mpsc::channel();
    let fake = Fake::new(move |peer| {
        let first = peer.receive(12);
        wait.recv().unwrap();
        let second = peer.receive(12);
        peer.send(&[first, second].concat());
    });
    let client = fake.client();
    let error = ask(&client.with_call_timeout(Duration::from_millis(20)), 1).unwrap_err();
    assert!(matches!(error, Error::TimedOut { command: ASK, after } if after == Duration::from_millis(20)));
    says(&error, &["0x0301", "20ms", "`send`"]);
    timed_out.send(()).unwrap();
    assert_eq!(ask(&client, 2).unwrap(), 2);
    fake.done();
    assert_eq!(client.pushes().next(), None, "it was discarded");
}

#[test]
fn a_late_reply_with_a_correlation_is_discarded_too() {
    let (timed_out, wait) = mpsc::channel();
    let fake = Fake::new(move |peer| {
        let first = peer.receive(NUMBERED);
        wait.recv().unwrap();
        let second = peer.receive(NUMBERED);
        peer.send(&[second, first].concat());
    });
    let client = fake.client();
    let hasty = client.with_call_timeout(Duration::from_millis(20));
    let error = hasty.call::<Numbered>(ASK, Numbered::new(1)).unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }));
    timed_out.send(()).unwrap();
    assert_eq!(client.call::<Numbered>(ASK, Numbered::new(2)).unwrap().value, 2);
    fake.done();
    assert_eq!(client.pushes().next(), None);
}

#[test]
fn a_malformed_reply_costs_its_own_call_alone() {
    let fake = Fake::new(|peer| {
        peer.receive(12);
        peer.send(&frame(ASK, &[1, 0, 0]));
        let second = peer.receive(12);
        peer.send(&second);
    });
    let client = fake.client();
    let error = ask(&client, 1).unwrap_err();
    let Error::Malformed { command: ASK, source } = &error else { panic!("{error}") };
    assert_eq!(source.kind, DecodeErrorKind::Truncated);
    says(&error, &["0x0301", "Number.0", "the same packet"]);
    assert_eq!(ask(&client, 2).unwrap(), 2);
    fake.done();
}

#[test]
fn a_malformed_reply_with_a_correlation_reaches_the_call_that_it_answers() {
    let fake = Fake::new(|peer| {
        let mut requests = [peer.receive(NUMBERED), peer.receive(NUMBERED)];
        // The second is answered first, and lacks its last byte.
        requests.swap(0, 1);
        requests[0].pop();
        requests[0][4] -= 1;
        peer.send(&requests.concat());
    });
    let client = fake.client();
    let mut values = thread::scope(|scope| {
        let calls = [1, 2].map(|value| {
            let client = &client;
            scope.spawn(move || (value, client.call::<Numbered>(ASK, Numbered::new(value))))
        });
        calls.map(|call| call.join().unwrap())
    });
    values.sort_by_key(|(_, reply)| reply.is_err());
    let [(asked, Ok(good)), (_, Err(bad))] = &values else { panic!("{values:?}") };
    assert_eq!(good.value, *asked);
    says(bad, &["malformed", "Numbered.value"]);
    fake.done();
}

#[test]
fn a_reply_that_could_be_anyones_ends_the_connection() {
    let fake = Fake::new(|peer| {
        peer.receive(2 * NUMBERED);
        peer.send(&frame(ASK, &[]));
        peer.closed();
    });
    let client = fake.client();
    thread::scope(|scope| {
        for value in 0..2 {
            let client = &client;
            scope.spawn(move || {
                let error = client.call::<Numbered>(ASK, Numbered::new(value)).unwrap_err();
                let Error::Lost { cause: Disconnect::Uncorrelated { command: ASK }, .. } = &error else {
                    panic!("{error}")
                };
            });
        }
    });
    fake.done();
}
