//! `hold`: very many connections, some of them closed and opened again, some of them asked.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use crate::commands::{holding, rate, seconds};
use crate::load::fleet::Close;
use crate::load::hold::HoldLoad;
use crate::load::sources;
use crate::report::Output;
use crate::system::limits::{self, Need};
use crate::system::stop::Stop;
use crate::system::weight::Scale;

/// So many threads do unless their descriptor tables are too small.
const THREADS: usize = 2;

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// The server.
    #[arg(long, default_value = "127.0.0.1:8082")]
    addr: SocketAddr,
    /// Connections.
    #[arg(long, default_value = "10000")]
    connections: NonZeroUsize,
    /// Connections that are closed, and opened again, a second.
    #[arg(long, default_value = "0", value_parser = rate)]
    churn: f64,
    /// Requests a second, on all connections together.
    #[arg(long, default_value = "0", value_parser = rate)]
    requests: f64,
    /// How long they are held.
    #[arg(long, default_value = "10", value_parser = seconds)]
    seconds: Duration,
    /// How many seconds it may take until a connection is logged in, and until a reply.
    #[arg(long, default_value = "5", value_parser = seconds)]
    timeout: Duration,
    /// How they are closed.
    #[arg(long, default_value = "fin")]
    close: Close,
    /// How many seconds it may take until all are open.
    #[arg(long, default_value = "60", value_parser = seconds)]
    opening: Duration,
    /// Connections that are about to be opened at once, at first.
    #[arg(long, default_value = "512")]
    dialing: NonZeroUsize,
    /// Threads, each with source addresses of its own, and a descriptor table if one is too small; by default as many
    /// as that takes.
    #[arg(long)]
    threads: Option<NonZeroUsize>,
    /// The server's process, if it is not to be found by its address.
    #[arg(long)]
    pid: Option<i32>,
    #[command(flatten)]
    output: Output,
}

impl Arguments {
    /// Runs the load and prints what came of it. A failure of the server is one of the program too.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let stop = Stop::on_signals()?;
        let connections = self.connections.get();
        let enough = connections.div_ceil(usize::try_from(limits::a_table(0)?).unwrap_or(usize::MAX));
        let threads = self.threads.map_or(enough.max(THREADS), NonZeroUsize::get).min(connections);
        let (wanted, server) = (connections as u64, self.addr);
        let in_a_table = Need::descriptors(
            wanted.div_ceil(threads as u64),
            0,
            "use more --threads, or ask for fewer connections",
        )?;
        let sources = sources::of_threads(server, threads);
        let needs = [&[in_a_table][..], &limits::of_the_machine(connections, server, sources)].concat();
        limits::check(connections, &needs)?;
        self.output.prepare()?;
        let scale = Scale::new(self.pid, server)?;
        let load = HoldLoad {
            server,
            connections,
            threads,
            private_descriptors: wanted > limits::a_table(0)?,
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
}
