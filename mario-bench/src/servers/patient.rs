//! The server that faults are tried on: mario's, with handlers that misbehave when they are asked to.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use mario::log::{self, Config};
use mario::{Builder, Conn, Memory, Packet, Payload, Server, Service};
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::wire::{BIG, ECHO, HANG, LOGIN, MOST_OF_BIG, PANIC, TOKEN};

/// Bytes of output that may wait, for each worker.
const OUTPUT_POOL: usize = 32 << 20;

/// Bytes of incomplete input that may wait, for each worker.
const INPUT_POOL: usize = 32 << 20;

/// How long a worker may hang before it gets no more connections.
const WATCHDOG: Duration = Duration::from_millis(200);

/// Over how long the connections go when another server takes over.
const DRAIN: Duration = Duration::from_millis(200);

/// How long each of them may stay, to finish what it has begun.
const NOTICE: Duration = Duration::from_millis(500);

/// What only this server is told.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Options {
    /// Connections that each worker has slots for.
    #[arg(long, default_value_t = 16_384)]
    connections: usize,
    /// The most descriptors that it may open.
    #[arg(long)]
    descriptors: Option<u64>,
    /// Logs a line for each echo, to this file.
    #[arg(long)]
    log: Option<PathBuf>,
    /// Where servers meet that take over from one another.
    #[arg(long)]
    hand_over: Option<PathBuf>,
}

struct Patient {
    logs: bool,
}

impl Service for Patient {
    type Session = ();
    type Worker = ();

    fn draining(&self, _conn: &mut Conn<'_, Self>) -> Duration {
        NOTICE
    }
}

#[derive(Packet)]
struct Login {
    #[allow(dead_code, reason = "anybody may log in")]
    uid: u16,
}

#[derive(Packet)]
struct Done;

#[mario::command(LOGIN)]
fn login(_conn: &mut Conn<'_, Patient>, _request: Login) -> Done {
    Done
}

#[mario::command(ECHO)]
fn echo<'a>(conn: &mut Conn<'_, Patient>, request: Payload<'a>) -> Payload<'a> {
    if conn.service().logs {
        log::info!("{} bytes from {}", request.0.len(), conn.peer_addr());
    }
    request
}

/// Answers with far more than it was asked with.
#[mario::command(BIG)]
fn big(_conn: &mut Conn<'_, Patient>) -> Payload<'static> {
    Payload(&[0x5a; MOST_OF_BIG])
}

#[mario::command(PANIC)]
fn panic(_conn: &mut Conn<'_, Patient>) {
    panic!("as it was asked to");
}

#[derive(Packet)]
struct Nap {
    millis: u32,
}

#[mario::command(HANG)]
fn hang(_conn: &mut Conn<'_, Patient>, request: Nap) -> Done {
    thread::sleep(Duration::from_millis(request.millis.into()));
    Done
}

/// Serves until SIGTERM.
///
/// # Errors
/// The address can't be listened on, the log not be written, or the system has too little of something for it.
pub(crate) fn run(addr: SocketAddr, workers: usize, options: &Options) -> anyhow::Result<()> {
    // Thousands are asked for; the log would say more of each.
    std::panic::set_hook(Box::new(|_| {}));
    if let Some(file) = &options.log {
        log::init(Config::new().file(file))?;
    }
    if let Some(descriptors) = options.descriptors {
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = Some(descriptors);
        setrlimit(Resource::Nofile, limit).context("lowering the limit of open descriptors")?;
    }
    let service = Patient { logs: options.log.is_some() };
    let mut builder = builder(service, workers, options.connections).bind(addr).stop_on_signals();
    if let Some(path) = &options.hand_over {
        builder = builder.hand_over(path).drain(DRAIN);
    }
    let server = builder.start()?;
    super::announce(server.local_addr());
    Ok(server.join()?)
}

/// How much memory it takes with so many workers, and slots for each.
///
/// # Errors
/// What is out of range.
pub(crate) fn memory(workers: usize, connections: usize) -> anyhow::Result<Memory> {
    Ok(builder(Patient { logs: false }, workers, connections).memory()?)
}

fn builder(service: Patient, workers: usize, connections: usize) -> Builder<Patient> {
    Server::builder(service, mario::commands![login, echo, big, panic, hang])
        .workers(workers)
        .connections(connections)
        .output_pool(OUTPUT_POOL)
        .input_pool(INPUT_POOL)
        .watchdog(WATCHDOG)
        .stx(TOKEN)
}
