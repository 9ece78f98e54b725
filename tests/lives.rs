//! The lives of connections, workers and the server: hooks, panics, shutdown.

mod support;

use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use mario::{Conn, Error, Reason, Server, Service};
use support::*;

#[test]
fn a_worker_starts_and_ticks() {
    let rig = serve(|builder| builder.workers(2).tick(Duration::from_millis(5)));
    let mut ticks = [0; 2];
    let mut started = [false; 2];
    rig.event("ticks of both", |event| {
        match event {
            Event::Started(worker) => started[worker] = true,
            Event::Ticked(worker) => {
                assert!(started[worker], "it starts before it ticks");
                ticks[worker] += 1;
            }
            _ => {}
        }
        ticks.iter().all(|count| *count >= 3).then_some(())
    });
}

#[test]
fn a_panic_costs_its_own_connection_alone() {
    let rig = serve(|builder| builder);
    let mut other = rig.connect();
    other.call(COUNT, &[], &[1, 0, 0, 0]);
    for _ in 0..3 {
        let mut client = rig.connect();
        client.send(&[frame(ECHO, b"before"), frame(PANIC, &[]), frame(ECHO, b"behind")].concat());
        assert_eq!(client.receive_all(), frame(ECHO, b"before"));
        assert_eq!(rig.reason(), Reason::Panicked);
    }
    other.call(COUNT, &[], &[2, 0, 0, 0]);
    assert_eq!(rig.stats().panics, 3);
}

/// Panics wherever it may.
struct Fragile;

static DROPPED: AtomicUsize = AtomicUsize::new(0);

#[derive(Default)]
struct Glass;

impl Drop for Glass {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Ordering::SeqCst);
        panic!("in the drop of a session");
    }
}

impl Service for Fragile {
    type Session = Glass;
    type Worker = ();

    fn disconnected(&self, _conn: &mut Conn<'_, Self>, _reason: Reason) {
        panic!("in the disconnected hook");
    }

    fn tick(&self, _worker: &mut mario::Worker<'_, Self>) {
        panic!("in the tick hook");
    }
}

#[test]
fn a_panic_in_a_hook_or_a_drop_costs_nothing_else() {
    let server = Server::builder(Fragile, mario::commands![])
        .bind("127.0.0.1:0")
        .workers(1)
        .connections(1)
        .tick(Duration::from_millis(5))
        .heartbeat(1)
        .start()
        .unwrap();
    for round in 1..=3 {
        let mut client = Client::connect(server.local_addr());
        client.call(1, b"beat", b"beat");
        drop(client);
        eventually("the session is dropped", || DROPPED.load(Ordering::SeqCst) == round);
        eventually("the slot is free", || server.stats().open == 0);
    }
    server.shutdown().unwrap();
}

/// Closes all who come.
struct Closed;

impl Service for Closed {
    type Session = ();
    type Worker = ();

    fn connected(&self, conn: &mut Conn<'_, Self>) {
        conn.send(7, &mario::Payload(b"no room")).unwrap();
        conn.close();
    }
}

#[test]
fn the_connected_hook_may_say_no() {
    let server = Server::builder(Closed, mario::commands![]).bind("127.0.0.1:0").workers(1).start().unwrap();
    assert_eq!(Client::connect(server.local_addr()).receive_all(), frame(7, b"no room"));
    eventually("the slot is free", || server.stats().open == 0);
}

#[test]
fn a_shutdown_flushes_reports_and_ends() {
    let rig = serve(|builder| builder.workers(2).shutdown_timeout(LIMIT));
    let mut idle = rig.connect();
    idle.call(COUNT, &[], &[1, 0, 0, 0]);
    let mut busy = rig.connect();
    let replies = 50;
    busy.send(&frame(FLOOD, &60_000u16.to_le_bytes()).repeat(replies));
    eventually("some are handled", || rig.stats().frames > 1);
    let reader = thread::spawn(move || busy.receive_all());
    let addr = rig.addr();

    let events = rig.finish();
    assert_eq!(idle.receive_all(), []);
    let received = reader.join().unwrap();
    assert!(
        !received.is_empty() && received.len() % 60_010 == 0,
        "{} bytes are not whole replies",
        received.len()
    );
    let ends: Vec<Event> = events
        .into_iter()
        .filter(|event| matches!(event, Event::Disconnected(_, Reason::ShutDown)))
        .collect();
    assert_eq!(ends.len(), 2);
    assert!(TcpStream::connect(addr).is_err(), "nobody listens any more");
}

#[test]
fn a_shutdown_does_not_wait_for_ever() {
    let rig = serve(|builder| builder.shutdown_timeout(Duration::from_millis(50)));
    let mut client = rig.connect();
    client.send(&frame(FLOOD, &60_000u16.to_le_bytes()).repeat(500));
    eventually("some are handled", || rig.stats().frames > 0);
    let error = rig.server.shutdown().expect_err("it is told that something was lost");
    assert!(matches!(error, Error::Unflushed { connections: 1 }), "{error}");
    let events: Vec<Event> = rig.events.iter().collect();
    assert!(events.iter().any(|event| matches!(event, Event::Disconnected(_, Reason::ShutDown))));
    client.closed();
}

#[test]
fn a_handle_shuts_down_from_any_thread_and_dropping_the_server_does_too() {
    let rig = serve(|builder| builder);
    let handle = rig.server.handle();
    thread::spawn(move || handle.shutdown());
    rig.server.join().unwrap();

    let rig = serve(|builder| builder);
    let addr = rig.addr();
    drop(rig);
    assert!(TcpStream::connect(addr).is_err());
}
