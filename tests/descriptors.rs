//! Out of descriptors, alone in its process: accepting pauses, says so once, and recovers.

mod support;

use std::net::TcpStream;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use log::{Level, LevelFilter, Log, Metadata, Record};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};
use support::*;

/// Keeps the lines that speak of accepting.
struct Lines(Mutex<Vec<(Level, String)>>);

impl Log for Lines {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let text = record.args().to_string();
        if text.contains("accepting") {
            self.0.lock().unwrap().push((record.level(), text));
        }
    }

    fn flush(&self) {}
}

static LINES: Lines = Lines(Mutex::new(Vec::new()));

/// The limit with which exactly `room` more descriptors can be opened. The system limits their numbers, not how many
/// there are, and those that this process inherited may lie anywhere.
fn limit_that_leaves(room: u64) -> u64 {
    let is_free = |number: &u64| std::fs::read_link(format!("/proc/self/fd/{number}")).is_err();
    let last = (0..).filter(is_free).nth(room as usize - 1).unwrap();
    last + 1
}

#[test]
fn out_of_descriptors_accepting_pauses_and_recovers() {
    log::set_logger(&LINES).unwrap();
    log::set_max_level(LevelFilter::Info);
    let rig = serve(|builder| builder.read_timeout(None));
    // These sockets exist before the limit is lowered; to connect they need no further descriptor.
    let sockets: Vec<Socket> =
        (0..40).map(|_| Socket::new(Domain::IPV4, Type::STREAM, None).unwrap()).collect();
    let limit = getrlimit(Resource::Nofile);
    let room = 20;
    setrlimit(Resource::Nofile, Rlimit { current: Some(limit_that_leaves(room)), ..limit }).unwrap();

    let began = Instant::now();
    let mut clients: Vec<Client> = sockets
        .into_iter()
        .map(|socket| {
            socket.connect(&rig.addr().into()).unwrap();
            let stream = TcpStream::from(socket);
            stream.set_read_timeout(Some(LIMIT)).unwrap();
            Client(stream)
        })
        .collect();
    eventually("accepting has failed more than once", || rig.stats().accept_pauses >= 3);
    assert_eq!(rig.stats().accepted, room);
    for client in &mut clients[..room as usize] {
        client.call(COUNT, &[], &[1, 0, 0, 0]);
    }
    // Each failure is followed by a pause of 50 ms at least, so that it can't spin.
    let pauses = u32::try_from(rig.stats().accept_pauses).unwrap();
    assert!(began.elapsed() >= Duration::from_millis(50) * (pauses - 1), "{pauses} attempts");

    // One goes, one that waits is served.
    drop(clients.remove(0));
    eventually("the next is accepted", || rig.stats().accepted > room);
    clients[room as usize - 1].call(COUNT, &[], &[1, 0, 0, 0]);

    setrlimit(Resource::Nofile, limit).unwrap();
    for (number, client) in clients.iter_mut().enumerate() {
        let calls = if number < room as usize { 2 } else { 1 };
        client.call(COUNT, &[], &[calls, 0, 0, 0]);
    }
    eventually("the recovery is told", || {
        LINES.0.lock().unwrap().last().is_some_and(|(_, text)| text.contains("works again"))
    });
    let lines = LINES.0.lock().unwrap();
    let errors = lines.iter().filter(|(level, _)| *level == Level::Error).count();
    let recoveries = lines.iter().filter(|(level, _)| *level == Level::Info).count();
    assert_eq!((errors, recoveries), (1, 1), "the trouble is told once: {lines:?}");
}
