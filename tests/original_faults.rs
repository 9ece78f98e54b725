//! What went wrong in the original server, each a test here. The faults of its log are tested beside `mario::log`;
//! running out of descriptors and signals have files of their own.

mod support;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use mario::Reason;
use support::*;

/// Neither unsent replies nor unread input of a closed connection reach the next one in its slot.
#[test]
fn the_next_connection_of_a_slot_begins_with_nothing() {
    let rig = serve(|builder| builder.connections(1));
    for round in 0..20u16 {
        let mut first = rig.connect();
        // More than the server can send, and then more than it reads; often the last is a part of a frame.
        let request = frame(FLOOD, &(50_000 + round).to_le_bytes());
        first.fill(&request, 0);
        eventually("the first request is handled", || rig.stats().frames > 0);
        first.reset();
        assert!(matches!(rig.reason(), Reason::Error(_) | Reason::Closed));
        eventually("the slot is free", || rig.stats().open == 0);

        let mut second = rig.connect();
        second.call(COUNT, &[], &[1, 0, 0, 0]);
        second.call(ECHO, b"mine", b"mine");
        drop(second);
        assert_eq!(rig.reason(), Reason::Closed);
        eventually("the slot is free", || rig.stats().open == 0);
    }
}

/// A client that does not read costs no more memory than the marks allow: its requests wait in the kernel.
#[test]
fn a_client_that_does_not_read_is_paused_and_loses_nothing() {
    let rig = serve(|builder| {
        builder.water_marks(8 << 10, 32 << 10).output_limit(128 << 10).output_pool(128 << 10)
    });
    let mut client = rig.connect();
    let reply = frame(FLOOD, &[&50_000u16.to_le_bytes()[..], &[0x5a; 50_000]].concat());
    let request = frame(FLOOD, &50_000u16.to_le_bytes());
    let mut sent = 0;
    eventually("the server does not take any more", || {
        let (handled, before) = (rig.stats().frames, sent);
        sent = client.fill(&request, sent);
        thread::sleep(Duration::from_millis(20));
        handled > 0 && sent == before && handled == rig.stats().frames
    });
    // The replies are in the kernel, but for what the marks allow; all other requests wait there too.
    let [handled, read] =
        [rig.stats().frames, rig.stats().bytes].map(|count| usize::try_from(count).unwrap());
    assert!(read < handled * request.len() + 2048, "{handled} requests of {read} bytes that were read");
    assert!(handled < sent / request.len() / 100, "{handled} of {} requests", sent / request.len());

    for number in 0..sent / request.len() {
        assert!(client.receive(reply.len()) == reply, "reply {number}");
    }
    let part = sent % request.len();
    if part > 0 {
        client.send(&request[part..]);
        assert!(client.receive(reply.len()) == reply);
    }
    client.call(COUNT, &[], &[1, 0, 0, 0]);
}

#[test]
fn a_client_that_never_reads_times_out() {
    let rig = serve(|builder| {
        builder.water_marks(8 << 10, 32 << 10).write_timeout(Duration::from_millis(100)).read_timeout(None)
    });
    let mut client = rig.connect();
    client.fill(&frame(FLOOD, &50_000u16.to_le_bytes()), 0);
    assert_eq!(rig.reason(), Reason::TimedOut);
    eventually("the slot is free", || rig.stats().open == 0);
}

/// Many that do not read share the pool; one that finds it full is closed, and nobody else.
#[test]
fn a_full_pool_closes_the_one_that_needs_it() {
    let pool = 128 << 10;
    let rig = serve(|builder| builder.water_marks(1 << 10, 40 << 10).output_limit(pool).output_pool(pool));
    let mut other = rig.connect();
    let mut clients: Vec<Client> = (0..8).map(|_| rig.connect()).collect();
    for client in &mut clients {
        client.fill(&frame(FLOOD, &60_000u16.to_le_bytes()), 0);
    }
    assert_eq!(rig.reason(), Reason::Overflow);
    other.call(COUNT, &[], &[1, 0, 0, 0]);
    // As much as the pool holds is kept for those who were first.
    assert!(rig.stats().open >= 2, "not all are closed");
}

/// Connections that come and go at all workers at once: each begins with a fresh session, each is reported once as
/// connected and once as disconnected, by the worker that serves it, and nobody's descriptors are closed but theirs.
#[test]
fn a_storm_of_short_connections_loses_and_mixes_nothing() {
    let rig = serve(|builder| builder.workers(3).connections(8));
    let addr = rig.addr();
    let done = Arc::new(AtomicBool::new(false));
    let bystander = thread::spawn({
        let done = Arc::clone(&done);
        move || {
            while !done.load(Ordering::Relaxed) {
                let (mut one, mut other) = UnixStream::pair().unwrap();
                one.write_all(b"x").expect("nobody has closed it");
                let mut byte = [0];
                other.read_exact(&mut byte).expect("nobody has closed it");
            }
        }
    });
    let clients: Vec<_> = (0..8)
        .map(|number| {
            thread::spawn(move || {
                for round in 0..200 {
                    let mut client = Client::connect(addr);
                    client.call(COUNT, &[], &[1, 0, 0, 0]);
                    client.call(ECHO, &[number], &[number]);
                    match round % 3 {
                        0 => client.reset(),
                        1 => client.send(&frame(ECHO, b"unread")),
                        _ => {}
                    }
                }
            })
        })
        .collect();
    for client in clients {
        client.join().unwrap();
    }
    done.store(true, Ordering::Relaxed);
    bystander.join().unwrap();
    eventually("all slots are free", || rig.stats().open == 0);
    let stats = rig.stats();
    assert_eq!((stats.accepted, stats.refused, stats.panics), (1600, 0, 0));

    let mut lives = HashMap::new();
    for event in rig.finish() {
        match event {
            Event::Connected(id, thread) => assert!(lives.insert(id, thread).is_none(), "{id} twice"),
            Event::Handled(id, thread) => {
                assert_eq!(lives[&id], thread, "the worker itself reports connections");
            }
            Event::Disconnected(id, _) => assert!(lives.remove(&id).is_some(), "{id} was not connected"),
            _ => {}
        }
    }
    assert!(lives.is_empty(), "never reported as disconnected: {lives:?}");
}

#[test]
fn without_a_token_the_default_is_accepted_and_zero_is_not() {
    let rig = serve(|builder| builder);
    let mut client = rig.connect();
    client.call(COUNT, &[], &[1, 0, 0, 0]);
    let mut client = rig.connect();
    client.send(&[0, 0, 0, 0, 8, 0, 3, 1]);
    assert_eq!(client.receive_all(), []);
    assert!(matches!(rig.reason(), Reason::Protocol(_)));
}

#[test]
fn every_slot_of_every_worker_is_used_before_one_is_refused() {
    let rig = serve(|builder| builder.workers(3).connections(5));
    let mut clients: Vec<Client> = (0..15).map(|_| rig.connect()).collect();
    for client in &mut clients {
        client.call(COUNT, &[], &[1, 0, 0, 0]);
    }
    for refused in 1..=10 {
        rig.connect().closed();
        eventually("it is counted", || rig.stats().refused == refused);
    }
    for client in &mut clients {
        client.call(COUNT, &[], &[2, 0, 0, 0]);
    }
    clients.swap_remove(7);
    eventually("a slot is free", || rig.stats().open == 14);
    let mut late = rig.connect();
    late.call(COUNT, &[], &[1, 0, 0, 0]);
    assert_eq!(rig.stats().accepted, 16);
}

/// The original went on with the freed slot.
#[test]
fn a_handler_that_closes_and_returns_success_is_the_last_one() {
    let rig = serve(|builder| builder.connections(1));
    for _ in 0..10 {
        let mut client = rig.connect();
        client
            .send(&[frame(COUNT, &[]), frame(CLOSE, &[]), frame(COUNT, &[]), frame(ECHO, b"late")].concat());
        let expected = [frame(COUNT, &[1, 0, 0, 0]), frame(CLOSE, &[0xad, 0xde, 0, 0])].concat();
        assert_eq!(client.receive_all(), expected);
        assert_eq!(rig.reason(), Reason::Service);
        eventually("the slot is free", || rig.stats().open == 0);
    }
}

/// Its two stray bytes after the login, then a close: neither an error nor a request.
#[test]
fn the_original_client_sends_two_stray_bytes() {
    let rig = serve(|builder| builder);
    let mut client = rig.connect();
    client.send(&frame(COUNT, &[]));
    client.send(b"\r\n");
    assert_eq!(client.receive(12), frame(COUNT, &[1, 0, 0, 0]));
    drop(client);
    assert_eq!(rig.reason(), Reason::Closed);
    assert_eq!(rig.stats().frames, 1);
}
