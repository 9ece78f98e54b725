//! The server that faults are tried on: mario's, with handlers that misbehave when they are asked to.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use clap::ValueEnum;
use mario::log::{self, Config};
use mario::memory::Memory;
use mario::{Builder, Conn, Excess, Packet, Payload, Rate, Server, Service};
use rustix::process::{Resource, getrlimit, setrlimit};

use super::mario::Acceptor;
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
    pub(crate) connections: usize,
    /// Who accepts connections.
    #[arg(long, value_enum, default_value_t = Acceptor::Master)]
    pub(crate) accept: Acceptor,
    /// The most descriptors that it may open.
    #[arg(long)]
    pub(crate) descriptors: Option<u64>,
    /// Logs a line for each echo, to this file.
    #[arg(long)]
    pub(crate) log: Option<PathBuf>,
    /// Where servers meet that take over from one another.
    #[arg(long)]
    pub(crate) hand_over: Option<PathBuf>,
    /// Lets connections go over a time when it ends.
    #[arg(long)]
    pub(crate) drains: bool,
    /// The most connections of one address.
    #[arg(long)]
    pub(crate) per_address: Option<u32>,
    /// The most connections a second, after ten times as many at once; those that are too many are closed.
    #[arg(long)]
    pub(crate) accept_rate: Option<u32>,
    /// The most frames a second of a connection, after a hundredth at once; who is faster is closed.
    #[arg(long)]
    pub(crate) frame_rate: Option<u32>,
    /// The most bytes a second of a connection, after a hundredth at once; who is faster is closed.
    #[arg(long)]
    pub(crate) byte_rate: Option<u32>,
}

impl Options {
    /// As this program is told them.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let given = [
            Some(("--connections", self.connections.to_string())),
            self.accept.to_possible_value().map(|value| ("--accept", value.get_name().to_owned())),
            self.descriptors.map(|count| ("--descriptors", count.to_string())),
            self.log.as_ref().map(|path| ("--log", path.display().to_string())),
            self.hand_over.as_ref().map(|path| ("--hand-over", path.display().to_string())),
            self.per_address.map(|count| ("--per-address", count.to_string())),
            self.accept_rate.map(|rate| ("--accept-rate", rate.to_string())),
            self.frame_rate.map(|rate| ("--frame-rate", rate.to_string())),
            self.byte_rate.map(|rate| ("--byte-rate", rate.to_string())),
        ];
        let given = given.into_iter().flatten().flat_map(|(name, value)| [name.to_owned(), value]);
        given.chain(self.drains.then(|| "--drains".to_owned())).collect()
    }
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
    let drain = options.drains.then_some(DRAIN);
    let mut builder = builder(service, workers, options).bind(addr).drain(drain).stop_on_signals();
    if let Some(path) = &options.hand_over {
        builder = builder.hand_over(path);
    }
    let server = builder.start()?;
    super::announce(server.local_addr());
    Ok(server.join()?)
}

/// How much memory it takes with so many workers.
///
/// # Errors
/// What is out of range.
pub(crate) fn memory(workers: usize, options: &Options) -> anyhow::Result<Memory> {
    Ok(builder(Patient { logs: false }, workers, options).memory()?)
}

fn builder(service: Patient, workers: usize, options: &Options) -> Builder<Patient> {
    let closing = |rate: u32, burst: u32| Rate::per_second(rate).burst(burst.max(1)).excess(Excess::Close);
    Server::builder(service, mario::commands![login, echo, big, panic, hang])
        .workers(workers)
        .connections(options.connections)
        .accept(options.accept.into())
        .output_pool(OUTPUT_POOL)
        .input_pool(INPUT_POOL)
        .watchdog(WATCHDOG)
        .connections_per_address(options.per_address)
        .accept_rate(options.accept_rate.map(|rate| closing(rate, rate * 10)))
        .frame_rate(options.frame_rate.map(|rate| closing(rate, rate / 100)))
        .byte_rate(options.byte_rate.map(|rate| closing(rate, rate / 100)))
        .stx(TOKEN)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        options: Options,
    }

    fn parse(arguments: &[String]) -> Options {
        let program = ["patient".to_owned()];
        Only::parse_from(program.iter().chain(arguments)).options
    }

    #[test]
    fn options_are_read_as_they_are_written() {
        let few = parse(&[]);
        assert_eq!(parse(&few.arguments()).arguments(), few.arguments());
        let all = Options {
            connections: 7,
            accept: Acceptor::PerWorker,
            descriptors: Some(1),
            log: Some("a".into()),
            hand_over: Some("b".into()),
            drains: true,
            per_address: Some(2),
            accept_rate: Some(3),
            frame_rate: Some(4),
            byte_rate: Some(5),
        };
        assert_eq!(parse(&all.arguments()).arguments(), all.arguments());
        assert_eq!(all.arguments().len(), 19);
    }
}
