//! What a client does beside calls: sends, pushes, heartbeats, its end.

use std::time::Duration;

use mario::client::{Disconnect, Error};
use mario::{Payload, Reason};

use crate::Client;
use crate::fake::*;
use crate::support::{COUNT, Event, LIMIT, PUSH, PUSHED, SILENT, frame, serve};

#[test]
fn pushes_come_while_calls_are_made() {
    let rig = serve(|builder| builder);
    let client = Client::connect(rig.addr()).unwrap();
    // The server sends another command's frame, then replies twice.
    assert_eq!(client.call::<Number>(PUSH, Payload::default()).unwrap(), Number(2));
    let pushes = client.pushes();
    let [pushed, second] = [0; 2].map(|_| pushes.next_within(LIMIT).expect("it is pushed"));
    assert_eq!((pushed.command(), pushed.decode().ok()), (PUSHED, Some(Number(1))));
    assert_eq!((second.command(), second.decode().ok()), (PUSH, Some(Number(3))));
    assert!(pushed.decode::<Summands>().is_err());
    assert_eq!(pushes.dropped(), 0);
}

#[test]
fn a_full_push_queue_drops_and_counts_and_holds_no_call_up() {
    let fake = Fake::new(|peer| {
        let reply = peer.receive(12);
        let pushes: Vec<_> = (1..=5).map(|value: u8| frame(PUSHED, &[value])).collect();
        peer.send(&[pushes.concat(), reply].concat());
    });
    let client = Client::builder(fake.addr).push_queue(2).call_timeout(LIMIT).connect().unwrap();
    assert_eq!(ask(&client, 1).unwrap(), 1);
    fake.done();
    let pushes = client.pushes();
    assert_eq!(pushes.dropped(), 3);
    let kept: Vec<_> = pushes.map(|push| push.payload().to_vec()).collect();
    assert_eq!(kept, [[1], [2]]);
}

#[test]
fn what_is_sent_gets_no_reply() {
    let rig = serve(|builder| builder);
    let client = Client::connect(rig.addr()).unwrap();
    client.send(SILENT, &Payload::default()).unwrap();
    assert_eq!(client.call::<Number>(COUNT, Payload::default()).unwrap(), Number(1));
    assert_eq!(rig.stats().frames, 2);
    let error = client
        .with_call_timeout(Duration::from_millis(20))
        .call::<Number>(SILENT, Payload::default())
        .unwrap_err();
    says(&error, &["0x0108", "use `send` if the command does not always reply"]);
}

#[test]
fn the_last_clone_closes() {
    let rig = serve(|builder| builder);
    let client = Client::connect(rig.addr()).unwrap();
    let clone = client.with_call_timeout(LIMIT);
    let mut pushes = clone.pushes();
    drop(client);
    assert_eq!(clone.call::<Number>(COUNT, Payload::default()).unwrap(), Number(1));
    drop(clone);
    assert_eq!(rig.reason(), Reason::Closed);
    assert_eq!(pushes.next(), None);
}

const HEARTBEAT: u16 = 0x0001;

#[test]
fn heartbeats_keep_a_connection_that_would_time_out() {
    let rig = serve(|builder| builder.heartbeat(HEARTBEAT).read_timeout(Duration::from_secs(2)));
    let client =
        Client::builder(rig.addr()).heartbeat(HEARTBEAT, Duration::from_millis(100)).connect().unwrap();
    assert_eq!(client.call::<Number>(COUNT, Payload::default()).unwrap(), Number(1));
    // Two others that came later, one after the other, are timed out.
    for _ in 0..2 {
        let mut silent = rig.connect();
        rig.event("the silent one is timed out", |event| {
            matches!(event, Event::Disconnected(_, Reason::TimedOut)).then_some(())
        });
        silent.closed();
    }
    assert_eq!(client.call::<Number>(COUNT, Payload::default()).unwrap(), Number(2), "the same connection");
    assert_eq!(client.pushes().try_next(), None, "nobody sees the replies to heartbeats");
}

#[test]
fn a_server_that_answers_no_heartbeat_is_given_up() {
    let fake = Fake::new(|peer| {
        let beats = peer.receive(24);
        assert_eq!(beats, frame(HEARTBEAT, &[]).repeat(3));
        peer.closed();
    });
    let client = Client::builder(fake.addr)
        .heartbeat(HEARTBEAT, Duration::from_millis(5))
        .call_timeout(LIMIT)
        .connect()
        .unwrap();
    assert_eq!(client.pushes().next(), None);
    let error = ask(&client, 1).unwrap_err();
    assert!(matches!(error, Error::NotConnected { cause: Disconnect::Silent { heartbeats: 3 } }), "{error}");
    fake.done();
}
