//! One service by three means, and a gateway by two. Each prints `listening on ADDR` once it listens, and ends on SIGTERM.

pub(crate) mod child;
pub(crate) mod gateway;
pub(crate) mod mario;
pub(crate) mod patient;
mod raw;
mod tokio;
mod writes;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::thread;

use anyhow::Context;
use rustix::process::{Signal, getppid, set_parent_process_death_signal};

use crate::system::cpus::Cpus;
use crate::system::limits;

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
    Writes,
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
        Kind::Writes => writes::run(addr, workers),
    };
    ended.with_context(|| format!("serving on {addr}"))?;
    Ok(ExitCode::SUCCESS)
}

/// Tells where the server listens; that nobody reads it does not matter.
fn announce(addr: SocketAddr) {
    let _ = writeln!(io::stdout(), "{LISTENING}{addr}");
}
