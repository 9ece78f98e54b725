//! `rps`: requests a second in a closed loop.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use hdrhistogram::Histogram;
use indicatif::HumanCount;
use serde::Serialize;

use crate::commands::seconds;
use crate::load::echo::{EchoLoad, Outcome};
use crate::load::failure::Failures;
use crate::system::cpus::Cpus;
use crate::system::stop::{INTERRUPTED, Stop};

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// The server.
    #[arg(long, default_value = "127.0.0.1:8082")]
    addr: SocketAddr,
    /// Connections.
    #[arg(long, default_value = "100")]
    connections: NonZeroUsize,
    /// Requests on the way on each connection.
    #[arg(long, default_value = "1")]
    depth: NonZeroUsize,
    /// Bytes of a request beside its header of 8.
    #[arg(long, default_value_t = 64)]
    payload: usize,
    /// How long it is measured.
    #[arg(long, default_value = "5", value_parser = seconds)]
    seconds: Duration,
    /// How long it runs before it is measured.
    #[arg(long, default_value = "0.5", value_parser = seconds)]
    warm_up: Duration,
    /// How many seconds connecting may take, and a reply.
    #[arg(long, default_value = "5", value_parser = seconds)]
    timeout: Duration,
    /// Threads that send.
    #[arg(long, default_value = "2")]
    threads: NonZeroUsize,
    /// The cores to run on, as 0,2-3.
    #[arg(long)]
    cpus: Option<Cpus>,
    /// Prints the results as JSON.
    #[arg(long)]
    json: bool,
}

impl Arguments {
    /// Runs the load and prints what came of it. A failure of the server is one of the program too.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let stop = Stop::on_signals()?;
        if let Some(cpus) = &self.cpus {
            cpus.pin()?;
        }
        let load = EchoLoad {
            server: self.addr,
            connections: self.connections.get(),
            depth: self.depth.get(),
            payload: self.payload,
            threads: self.threads.get().min(self.connections.get()),
            warm_up: self.warm_up,
            duration: self.seconds,
            timeout: self.timeout,
        };
        let outcome = load.connect(&stop)?.run(&stop)?;
        let report = Report::new(&load, &outcome);
        let mut out = io::stdout().lock();
        if self.json {
            serde_json::to_writer_pretty(&mut out, &report)?;
            writeln!(out)?;
        } else {
            report.write(&mut out)?;
        }
        Ok(if stop.is_asked() {
            INTERRUPTED.into()
        } else if outcome.failures.is_empty() && outcome.replies > 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

#[derive(Serialize)]
struct Report {
    server: SocketAddr,
    connections: usize,
    depth: usize,
    payload: usize,
    seconds: f64,
    replies: u64,
    replies_per_second: f64,
    latency: Latency,
    failures: Failures,
}

/// In microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
struct Latency {
    p50: f64,
    p90: f64,
    p99: f64,
    p999: f64,
    max: f64,
}

impl Latency {
    fn of(nanos: &Histogram<u64>) -> Latency {
        let at = |quantile| nanos.value_at_quantile(quantile) as f64 / 1e3;
        Latency { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: nanos.max() as f64 / 1e3 }
    }
}

impl Report {
    fn new(load: &EchoLoad, outcome: &Outcome) -> Report {
        Report {
            server: load.server,
            connections: load.connections,
            depth: load.depth,
            payload: load.payload,
            seconds: outcome.measured.as_secs_f64(),
            replies: outcome.replies,
            replies_per_second: outcome.rate(),
            latency: Latency::of(&outcome.latencies),
            failures: outcome.failures.clone(),
        }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let Report { server, connections, depth, payload, seconds, .. } = self;
        writeln!(
            out,
            "{server}: {connections} connections × {depth}, payload {payload} bytes, {seconds:.1} s"
        )?;
        let rate = HumanCount(self.replies_per_second.round() as u64);
        writeln!(out, "  replies   {} ({rate} a second)", HumanCount(self.replies))?;
        let Latency { p50, p90, p99, p999, max } = self.latency;
        writeln!(
            out,
            "  latency   p50 {p50:.0}   p90 {p90:.0}   p99 {p99:.0}   p99.9 {p999:.0}   max {max:.0} µs"
        )?;
        writeln!(out, "  failures  {}", self.failures)
    }
}
