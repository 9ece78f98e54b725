//! `million`: a million connections to mario's server, with closes, opens and requests all the time.
//!
//! A descriptor table holds far fewer, and both the server's workers and the threads of the load share one in a process
//! as a rule. Here each has a table of its own.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use crate::commands::{holding, rate, seconds};
use crate::load::fleet::Close;
use crate::load::hold::HoldLoad;
use crate::load::sources;
use crate::report::Output;
use crate::servers::child::{self, ServerProcess};
use crate::system::limits::{self, Need};
use crate::system::stop::Stop;
use crate::system::weight::Scale;

/// The kernel deals connections to the workers by a hash, so some get more than others: so much room each has beside
/// its even share, in percent, at least.
const UNEVEN: u64 = 5;

/// Connections that may wait to be accepted by one worker, while it does other things.
const BACKLOG: u64 = 4096;

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Connections.
    #[arg(long, default_value = "1000000")]
    connections: NonZeroUsize,
    /// Connections that are closed, and opened again, a second.
    #[arg(long, default_value = "20000", value_parser = rate)]
    churn: f64,
    /// Requests a second, on all connections together.
    #[arg(long, default_value = "5000", value_parser = rate)]
    requests: f64,
    /// How long they are held.
    #[arg(long, default_value = "60", value_parser = seconds)]
    seconds: Duration,
    /// How many seconds it may take until a connection is logged in, and until a reply.
    #[arg(long, default_value = "10", value_parser = seconds)]
    timeout: Duration,
    /// How they are closed: what an ordinary close leaves behind for a minute would be more than the connections.
    #[arg(long, default_value = "reset")]
    close: Close,
    /// How many seconds it may take until all are open.
    #[arg(long, default_value = "300", value_parser = seconds)]
    opening: Duration,
    /// Connections that are about to be opened at once, at first.
    #[arg(long, default_value = "512")]
    dialing: NonZeroUsize,
    /// The server's workers.
    #[arg(long, default_value = "56")]
    workers: NonZeroUsize,
    /// Threads of the load.
    #[arg(long, default_value = "56")]
    threads: NonZeroUsize,
    #[command(flatten)]
    output: Output,
}

impl Arguments {
    /// Says what it needs, runs server and load, and prints what came of it.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let stop = Stop::on_signals()?;
        let (connections, workers) = (self.connections.get(), self.workers.get());
        let threads = self.threads.get().min(connections);
        self.check(threads)?;
        self.output.prepare()?;
        let slots = limits::a_table(workers)?.min(connections as u64);
        let server = ServerProcess::start([
            "serve",
            "--accept",
            "per-worker",
            "--private-descriptors",
            "--workers",
            &workers.to_string(),
            "--connections",
            &slots.to_string(),
        ])?;
        let scale = Scale::new(Some(server.pid()), server.addr())?;
        let load = HoldLoad {
            server: server.addr(),
            connections,
            threads,
            private_descriptors: true,
            dialing: self.dialing.get(),
            opening: self.opening,
            churn: self.churn,
            requests: self.requests,
            duration: self.seconds,
            timeout: self.timeout,
            close: self.close,
        };
        holding::run(load, &scale, &stop, &self.output)
    }

    /// Says what it needs and what there is, and refuses if that is not enough.
    fn check(&self, threads: usize) -> anyhow::Result<()> {
        let connections = self.connections.get() as u64;
        let a_thread = connections.div_ceil(threads as u64);
        let a_worker = connections.div_ceil(self.workers.get() as u64) * (100 + UNEVEN) / 100;
        let workers = self.workers.get() as u64;
        let in_a_table =
            Need::descriptors(a_thread.max(a_worker), workers, "or use more --threads and --workers")?;
        let sources = sources::of_threads(child::LOOPBACK, threads);
        let of_the_machine = limits::of_the_machine(self.connections.get(), child::LOOPBACK, sources);
        let needs = [&[in_a_table, Need::backlog(BACKLOG)][..], &of_the_machine].concat();
        for need in &needs {
            eprintln!("{} {need}", if need.is_met() { "ok     " } else { "missing" });
        }
        limits::check(self.connections.get(), &needs)
    }
}
