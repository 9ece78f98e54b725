//! Workers that accept for themselves, with one descriptor table or with one each. What needs a process of its own is in
//! `private_descriptors.rs`.
#![cfg(target_os = "linux")]

mod support;

use std::collections::HashMap;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use mario::{Accept, Builder, Conn, Error, Reason, Server, ServerHandle, Service};
use support::*;

/// One test at a time: a worker with a table of its own keeps open what other tests have open when it starts.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Each way for workers to accept for themselves.
fn modes() -> [fn(Builder<Probe>) -> Builder<Probe>; 2] {
    [
        |builder| builder.accept(Accept::PerWorker),
        |builder| builder.accept(Accept::PerWorker).private_descriptors(),
    ]
}

#[test]
fn all_workers_accept_and_serve() {
    let _alone = alone();
    for mode in modes() {
        let rig = serve(|builder| mode(builder.workers(3).connections(1000)));
        let mut clients: Vec<Client> = Vec::new();
        let mut threads = HashMap::new();
        // The system deals by a hash of the ports: of so many connections each worker gets some.
        while threads.len() < 3 {
            assert!(clients.len() < 1000, "only {threads:?} were dealt connections");
            clients.push(rig.connect());
            let (id, thread) = rig.event("connected", |event| match event {
                Event::Connected(id, thread) => Some((id, thread)),
                _ => None,
            });
            assert_eq!(*threads.entry(id.worker()).or_insert(thread), thread, "{id}");
        }
        for client in &mut clients {
            client.call(COUNT, &[], &[1, 0, 0, 0]);
        }
        let stats = rig.stats();
        let count = clients.len() as u64;
        assert_eq!((stats.accepted, stats.open, stats.refused, stats.frames), (count, count, 0, count));
        drop(clients);
        eventually("all slots are free", || rig.stats().open == 0);
    }
}

#[test]
fn the_system_chooses_one_port_for_all() {
    let _alone = alone();
    let servers: Vec<Rig> = modes().map(|mode| serve(|builder| mode(builder.workers(4)))).into();
    let [one, other] = [servers[0].addr(), servers[1].addr()];
    assert!(one.port() != 0 && other.port() != 0 && one != other);
    for server in &servers {
        server.connect().call(SUM, &[1, 0, 0, 0, 2, 0, 0, 0], &[3, 0, 0, 0]);
    }
}

#[test]
fn a_full_worker_closes_at_once_and_recovers() {
    let _alone = alone();
    for mode in modes() {
        let rig = serve(|builder| mode(builder.connections(2)));
        let mut clients = [rig.connect(), rig.connect()];
        for client in &mut clients {
            client.call(COUNT, &[], &[1, 0, 0, 0]);
        }
        for refused in 1..=5 {
            rig.connect().closed();
            eventually("it is counted", || rig.stats().refused == refused);
        }
        let [first, mut second] = clients;
        second.call(COUNT, &[], &[2, 0, 0, 0]);
        drop(first);
        eventually("a slot is free", || rig.stats().open == 1);
        rig.connect().call(COUNT, &[], &[1, 0, 0, 0]);
        assert_eq!(rig.stats().accepted, 3);
    }
}

#[test]
fn a_shutdown_flushes_reports_and_ends() {
    let _alone = alone();
    for mode in modes() {
        let rig = serve(|builder| mode(builder.workers(2).shutdown_timeout(LIMIT)));
        let mut idle = rig.connect();
        idle.call(COUNT, &[], &[1, 0, 0, 0]);
        let mut busy = rig.connect();
        busy.send(&frame(FLOOD, &60_000u16.to_le_bytes()).repeat(50));
        eventually("some are handled", || rig.stats().frames > 1);
        let reader = thread::spawn(move || busy.receive_all());
        let addr = rig.addr();

        let events = rig.finish();
        assert_eq!(idle.receive_all(), []);
        let received = reader.join().unwrap().len();
        assert!(received > 0 && received % 60_010 == 0, "{received} bytes are not whole replies");
        let ends = events.iter().filter(|event| matches!(event, Event::Disconnected(_, Reason::ShutDown)));
        assert_eq!(ends.count(), 2);
        assert!(TcpStream::connect(addr).is_err(), "nobody listens any more");

        let next = serve(|builder| mode(builder.bind(addr)));
        next.connect().call(COUNT, &[], &[1, 0, 0, 0]);
    }
}

/// A server that is started twice must not share the connections of the first.
#[test]
fn a_port_that_is_taken_by_any_server() {
    let _alone = alone();
    let taken_for = |server: &Rig| {
        for settings in modes().into_iter().chain([|builder| builder] as [fn(_) -> _; 1]) {
            let (probe, _events) = Probe::new();
            let builder = Server::builder(probe, COMMANDS).bind(server.addr()).workers(2);
            let error = settings(builder).start().expect_err("the port is taken");
            let source = match &error {
                Error::Bind { address, source } if *address == server.addr() => source,
                _ => panic!("{error}"),
            };
            assert_eq!(source.kind(), io::ErrorKind::AddrInUse);
            assert!(error.to_string().contains("another program listens there"), "{error}");
        }
        server.connect().call(ECHO, b"still mine", b"still mine");
    };
    for mode in modes() {
        taken_for(&serve(mode));
    }
    taken_for(&serve(|builder| builder));
}

#[test]
fn the_first_address_that_works_is_taken() {
    let _alone = alone();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let addresses = [other.local_addr().unwrap(), ([127, 0, 0, 1], 0).into()];
    for mode in modes() {
        let rig = serve(|builder| mode(builder.bind(&addresses[..])));
        rig.connect().call(COUNT, &[], &[1, 0, 0, 0]);
    }
}

/// A service that its clients can end.
struct Ending(Arc<OnceLock<ServerHandle>>);

impl Service for Ending {
    type Session = ();
    type Worker = ();
}

#[mario::command(0x0001)]
fn end(conn: &mut Conn<'_, Ending>) {
    conn.service().0.get().expect("it was set").shutdown();
}

/// Each worker reaches all the others, even from a descriptor table of its own.
#[test]
fn a_worker_may_shut_the_server_down() {
    let _alone = alone();
    for private in [false, true] {
        let handle = Arc::new(OnceLock::new());
        let builder = Server::builder(Ending(Arc::clone(&handle)), mario::commands![end])
            .bind("127.0.0.1:0")
            .accept(Accept::PerWorker)
            .workers(4);
        let server = if private { builder.private_descriptors() } else { builder }.start().unwrap();
        handle.set(server.handle()).unwrap();
        let mut client = Client::connect(server.local_addr());
        client.send(&frame(0x0001, &[]));
        let joined = thread::spawn(|| server.join());
        eventually("all workers have ended", || joined.is_finished());
        joined.join().unwrap().unwrap();
        client.closed();
    }
}

/// A worker whose state can't be made.
struct Stillborn;

#[derive(Default)]
struct Never(#[allow(dead_code)] Panics);
struct Panics;

impl Default for Panics {
    fn default() -> Self {
        panic!("in the default of a worker's state");
    }
}

impl Service for Stillborn {
    type Session = ();
    type Worker = Never;
}

#[test]
fn a_worker_that_dies_at_the_start_is_an_error() {
    let _alone = alone();
    for accept in [Accept::Master, Accept::PerWorker] {
        let builder = Server::builder(Stillborn, mario::commands![]).bind("127.0.0.1:0");
        let error = builder.workers(3).accept(accept).start().expect_err("no worker can start");
        assert!(matches!(&error, Error::Died(name) if name.starts_with("mario-worker-")), "{error}");
    }
}
