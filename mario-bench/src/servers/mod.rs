//! One service by three means, and a gateway by two. Each prints `listening on ADDR` once it listens, and ends on SIGTERM.

pub(crate) mod child;
pub(crate) mod gateway;
pub(crate) mod mario;
pub(crate) mod patient;
mod raw;
mod tokio;
pub(crate) mod writes;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use ::mario::log;
use anyhow::Context;
use indicatif::{HumanBytes, HumanCount};
use rustix::process::{Signal, getppid, set_parent_process_death_signal};

use crate::commands::seconds;
use crate::system::cpus::Cpus;
use crate::system::{limits, process};

/// What a server prints before its address.
pub(crate) const LISTENING: &str = "listening on ";

/// By which means.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// mario, with settings of its own.
    Mario(mario::Options),
    /// epoll and nothing else.
    Raw,
    /// tokio.
    Tokio,
    /// mario, for faults to be tried on.
    Patient(patient::Options),
    /// mario, as a gateway has it.
    Gateway(gateway::Options),
    /// Bare writes, as the baseline of a gateway's broadcasts.
    Writes(writes::Options),
}

/// What all servers are told.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Arguments {
    /// Where to listen; port 0 lets the system choose.
    #[arg(long, default_value = "127.0.0.1:8082")]
    addr: SocketAddr,
    /// Threads that serve; by default as many as there are cores to run on.
    #[arg(long)]
    workers: Option<NonZeroUsize>,
    /// The cores to run on, as 0,2-3.
    #[arg(long)]
    cpus: Option<Cpus>,
    /// Ends with the process that started it.
    #[arg(long, hide = true)]
    end_with_parent: bool,
}

/// Serves until SIGTERM.
///
/// # Errors
/// A core that does not exist, an address that can't be listened on, too little of anything.
pub(crate) fn run(kind: &Kind, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if arguments.end_with_parent {
        set_parent_process_death_signal(Some(Signal::TERM)).context("tying the server to its parent")?;
        if getppid().is_some_and(|parent| parent.is_init()) {
            return Ok(ExitCode::FAILURE);
        }
    }
    if let Some(cpus) = &arguments.cpus {
        cpus.pin().with_context(|| format!("running on cores {cpus}"))?;
    }
    limits::raise_descriptors()?;

    let addr = arguments.addr;
    let workers = match arguments.workers {
        Some(workers) => workers.get(),
        None => thread::available_parallelism()?.get(),
    };
    let ended = match kind {
        Kind::Mario(options) => mario::run(addr, workers, options),
        Kind::Raw => raw::run(addr, workers),
        Kind::Tokio => tokio::run(addr, workers),
        Kind::Patient(options) => patient::run(addr, workers, options),
        Kind::Gateway(options) => gateway::run(addr, workers, options),
        Kind::Writes(options) => writes::run(addr, workers, options),
    };
    ended.with_context(|| format!("serving on {addr}"))?;
    Ok(ExitCode::SUCCESS)
}

/// Says so if each worker has slots for more connections than a descriptor table holds: the rest would not be used.
///
/// # Errors
/// The limit can't be read or raised.
fn warn_of_descriptors(slots: usize, workers: usize) -> anyhow::Result<()> {
    let most = limits::a_table(workers)?;
    if slots as u64 > most {
        log::warn!(
            "each worker has slots for {slots} connections, and a descriptor table holds about {most}: \
             the hard limit (`ulimit -Hn`) keeps the rest out"
        );
    }
    Ok(())
}

/// Tells how long the server needed until it listened, and what it takes then.
///
/// # Errors
/// The system does not tell its memory.
fn announce_start(took: Duration, workers: usize, slots: usize) -> anyhow::Result<()> {
    let resident = process::resident(std::process::id() as i32)?;
    let slots = HumanCount((workers * slots) as u64);
    let _ = writeln!(
        io::stdout(),
        "ready in {:.1} ms with {slots} slots, {} resident",
        took.as_secs_f64() * 1e3,
        HumanBytes(resident)
    );
    Ok(())
}

/// Tells where the server listens; that nobody reads it does not matter.
fn announce(addr: SocketAddr) {
    let _ = writeln!(io::stdout(), "{LISTENING}{addr}");
}
