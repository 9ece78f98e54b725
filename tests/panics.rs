//! Panics of a service, wherever they may be: none kills a worker.

mod support;

use std::panic::panic_any;
use std::sync::Mutex;
use std::time::Duration;

use log::{LevelFilter, Log, Metadata, Record};
use mario::proto::{Encode, EncodeError, Encoder, Size};
use mario::{Close, Conn, Frame, Packet, Payload, Reason, Server, Service, Worker};
use support::*;

/// Keeps all lines of the process.
struct Lines(Mutex<Vec<String>>);

static LINES: Lines = Lines(Mutex::new(Vec::new()));

impl Log for Lines {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        self.0.lock().unwrap().push(record.args().to_string());
    }

    fn flush(&self) {}
}

/// Panics with what panics again as it is dropped.
struct Grenade;

impl Drop for Grenade {
    fn drop(&mut self) {
        panic!("in the drop of a panic");
    }
}

/// Panics as its worker ends.
#[derive(Default)]
struct Brittle;

impl Drop for Brittle {
    fn drop(&mut self) {
        panic!("in the drop of a worker's state");
    }
}

struct Harmful;

impl Service for Harmful {
    type Session = ();
    type Worker = Brittle;

    fn started(&self, _worker: &mut Worker<'_, Self>) {
        panic_any(Grenade);
    }

    fn admits(&self, _conn: &mut Conn<'_, Self>, command: u16) -> bool {
        if command == THROW + 1 {
            panic!("in admits");
        }
        command != THROW + 2
    }

    fn denied(&self, _conn: &mut Conn<'_, Self>, _frame: Frame<'_>) -> Result<(), Close> {
        panic!("in denied");
    }

    fn tick(&self, _worker: &mut Worker<'_, Self>) {
        panic_any(Grenade);
    }

    fn disconnected(&self, _conn: &mut Conn<'_, Self>, _reason: Reason) {
        panic_any(Grenade);
    }
}

const THROW: u16 = 0x0201;

#[mario::command(THROW)]
fn throw(_conn: &mut Conn<'_, Harmful>) {
    panic_any(Grenade);
}

#[mario::command(THROW + 1)]
fn never(_conn: &mut Conn<'_, Harmful>) {}

#[mario::command(THROW + 2)]
fn denied(_conn: &mut Conn<'_, Harmful>) {}

/// Its guard panics.
#[mario::command(THROW + 3, guard = panics)]
fn guarded(_conn: &mut Conn<'_, Harmful>) {}

fn panics(_conn: &mut Conn<'_, Harmful>) -> bool {
    panic!("in a guard");
}

/// A packet whose encoding panics amid of it.
struct Unwieldy;

impl Packet for Unwieldy {}

impl Encode for Unwieldy {
    const SIZE: Size = Size::rest(0);

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        out.put(b"half")?;
        panic!("in an encoder");
    }
}

#[mario::command(THROW + 4)]
fn unwieldy(_conn: &mut Conn<'_, Harmful>) -> Unwieldy {
    Unwieldy
}

/// Panics later.
#[mario::command(THROW + 5)]
fn later(conn: &mut Conn<'_, Harmful>) {
    conn.after(Duration::ZERO, |_conn| panic_any(Grenade)).unwrap();
}

#[mario::command(THROW + 6)]
fn good<'a>(_conn: &mut Conn<'_, Harmful>, request: Payload<'a>) -> Payload<'a> {
    request
}

#[test]
fn no_panic_of_the_service_kills_a_worker() {
    log::set_logger(&LINES).unwrap();
    log::set_max_level(LevelFilter::Error);
    let commands = mario::commands![throw, never, denied, guarded, unwieldy, later, good];
    let server = Server::builder(Harmful, commands)
        .bind("127.0.0.1:0")
        .workers(1)
        .tick(Duration::from_millis(1))
        .start()
        .unwrap();
    for command in (THROW..THROW + 6).cycle().take(18) {
        let mut client = Client::connect(server.local_addr());
        client.send(&[frame(THROW + 6, b"before"), frame(command, &[])].concat());
        assert_eq!(client.receive_all(), frame(THROW + 6, b"before"), "{command:#06x}: whole frames alone");
        eventually("its slot is free", || server.stats().open == 0);
    }
    eventually("ticks panic too", || server.stats().panics > 100);
    assert_eq!(server.stats().deaths, 0);
    server.shutdown().unwrap();
    let lines = LINES.0.lock().unwrap();
    for text in [
        "command 0x0201 (throw) panicked, connection 0.0.",
        "command 0x0203 (denied) panicked",
        ": in denied",
        "command 0x0202 (never) panicked",
        ": in admits",
        "command 0x0204 (guarded) panicked",
        ": in a guard",
        "command 0x0205 (unwieldy) panicked",
        ": in an encoder",
        "a timer's call panicked, connection 0.0.",
        "the disconnected hook panicked",
        "the tick hook panicked on worker 0: (a value that is no text)",
        "the started hook panicked on worker 0: (a value that is no text)",
        "the drop of a worker's state panicked: in the drop of a worker's state",
    ] {
        assert!(lines.iter().any(|line| line.contains(text)), "{text}");
    }
}
