//! The server of those processes that the tests start.

use std::env;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::Duration;

use mario::{Accept, Conn, Error, Payload, Server, Service};

use crate::support::{LIMIT, eventually};

pub(crate) const ECHO: u16 = 0x0101;
pub(crate) const HANG: u16 = 0x0102;
pub(crate) const STAY: u16 = 0x0103;
const TOLD: u16 = 0x0104;

/// Says which settings the server of a child process has.
pub(crate) const CHILD: &str = "MARIO_TEST_CHILD";

/// Where the servers of two processes meet.
pub(crate) const MEETING: &str = "MARIO_TEST_MEETING";

/// A file that a child makes while it starts, and the start goes on when it is gone.
pub(crate) const GATE: &str = "MARIO_TEST_GATE";

/// Where it listens, if that is to be known before.
pub(crate) const ADDRESS: &str = "MARIO_TEST_ADDRESS";

/// Where operators reach the server.
pub(crate) const ADMIN: &str = "MARIO_TEST_ADMIN";

/// What a child prints before its address.
pub(crate) const LISTENING: &str = "listening on ";

/// What it prints when a handler is about to hang.
pub(crate) const HANGS: &str = "a handler hangs";

/// What it prints before the reason why it does not start.
pub(crate) const FAILED: &str = "failed: ";

struct Restarted {
    /// Says more at the end than any socket takes.
    is_talkative: bool,
}

impl Service for Restarted {
    /// It stays until it is closed; the others go by themselves.
    type Session = bool;
    type Worker = Gated;

    fn draining(&self, conn: &mut Conn<'_, Self>) -> Duration {
        if !*conn.session() {
            return LIMIT;
        }
        for _ in 0..if self.is_talkative { 600 } else { 0 } {
            conn.send(TOLD, &Payload(&[0; 60_000])).unwrap();
        }
        Duration::ZERO
    }
}

/// The state of a worker, which is made after the sockets were asked for and before the server serves.
struct Gated;

impl Default for Gated {
    fn default() -> Self {
        if let Ok(gate) = env::var(GATE) {
            let _ = std::fs::write(&gate, "");
            eventually("the gate opens", || !Path::new(&gate).exists());
        }
        Gated
    }
}

#[mario::command(ECHO)]
fn echo<'a>(_conn: &mut Conn<'_, Restarted>, request: Payload<'a>) -> Payload<'a> {
    request
}

#[mario::command(STAY)]
fn stay(conn: &mut Conn<'_, Restarted>) {
    *conn.session() = true;
}

/// Never returns.
#[mario::command(HANG)]
fn hang(_conn: &mut Conn<'_, Restarted>) {
    println!("\n{HANGS}");
    loop {
        thread::park();
    }
}

/// Not a test but the server of those processes that the tests start.
#[test]
fn child() {
    let Ok(settings) = env::var(CHILD) else { return };
    let has = |setting| settings.split(',').any(|one| one == setting);
    let service = Restarted { is_talkative: has("talkative") };
    let mut builder = Server::builder(service, mario::commands![echo, stay, hang])
        .bind(env::var(ADDRESS).as_deref().unwrap_or("127.0.0.1:0"))
        .workers(2)
        .output_limit(64 << 20)
        .shutdown_timeout(if has("hasty") { Duration::from_millis(50) } else { LIMIT })
        .stop_on_signals();
    if has("systemd") {
        builder = builder.systemd();
    }
    if has("workers_accept") {
        builder = builder.accept(Accept::PerWorker);
    }
    if has("private") {
        builder = builder.private_descriptors();
    }
    if let Ok(path) = env::var(MEETING) {
        builder = builder.hand_over(path);
    }
    if let Ok(address) = env::var(ADMIN) {
        builder = builder.admin(address.parse::<SocketAddr>().unwrap());
    }
    if has("one_worker") {
        builder = builder.workers(1);
    }
    if has("three_workers") {
        builder = builder.workers(3);
    }
    if has("drain") {
        builder = builder.drain(Duration::from_millis(300));
    }
    if has("endless_drain") {
        builder = builder.drain(Duration::from_secs(86_400));
    }
    if has("run") {
        return builder.run().unwrap();
    }
    let server = match builder.start() {
        Ok(server) => server,
        Err(error) => {
            println!("\n{FAILED}{error}");
            while has("stays") {
                thread::park();
            }
            std::process::exit(2);
        }
    };
    println!("\n{LISTENING}{}", server.local_addr());
    let result = server.join();
    if !matches!(result, Err(Error::Stuck { .. })) {
        // The system may show them for a moment after they were joined.
        eventually("no thread is left", || threads().is_empty());
    }
    // As a `main` does that returns it.
    if let Err(error) = result {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

/// The names of this process's threads that are mario's.
fn threads() -> Vec<String> {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let names =
        threads.filter_map(|thread| std::fs::read_to_string(thread.unwrap().path().join("comm")).ok());
    names.map(|name| name.trim().to_owned()).filter(|name| name.starts_with("mario-")).collect()
}
