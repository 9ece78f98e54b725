//! `cps`: connections a second: connect, one request, close.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::HumanCount;
use serde::Serialize;

use crate::commands::progress::Progress;
use crate::commands::{charts, figures, seconds, verdict};
use crate::load::cps::CpsLoad;
use crate::load::failure::Failures;
use crate::load::fleet::Close;
use crate::load::latencies::Latencies;
use crate::load::timeline::Timeline;
use crate::report::{Figure, Output, Panel, Results};
use crate::system::cpus::Cpus;
use crate::system::stop::Stop;
use crate::system::weight::{CpuUse, Scale, Weight};

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// The server.
    #[arg(long, default_value = "127.0.0.1:8082")]
    addr: SocketAddr,
    /// Connections at once.
    #[arg(long, default_value = "100")]
    connections: NonZeroUsize,
    /// How they are closed.
    #[arg(long, default_value = "fin")]
    close: Close,
    /// How long it is measured.
    #[arg(long, default_value = "5", value_parser = seconds)]
    seconds: Duration,
    /// How long it runs before it is measured.
    #[arg(long, default_value = "0.5", value_parser = seconds)]
    warm_up: Duration,
    /// How many seconds it may take until a connection is logged in.
    #[arg(long, default_value = "5", value_parser = seconds)]
    timeout: Duration,
    /// Threads that connect.
    #[arg(long, default_value = "2")]
    threads: NonZeroUsize,
    /// The cores to run on, as 0,2-3.
    #[arg(long)]
    cpus: Option<Cpus>,
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
        if let Some(cpus) = &self.cpus {
            cpus.pin()?;
        }
        self.output.prepare()?;
        let scale = Scale::new(self.pid, self.addr)?;
        let load = CpsLoad {
            server: self.addr,
            connections: self.connections.get(),
            threads: self.threads.get().min(self.connections.get()),
            warm_up: self.warm_up,
            duration: self.seconds,
            timeout: self.timeout,
            close: self.close,
        };
        let mut progress = Progress::of_time("connecting", load.warm_up + load.duration);
        let (before, began) = (scale.weigh(), Instant::now());
        let outcome = load.run(&stop, |counts| progress.time(began.elapsed(), counts))?;
        let memory = [before, scale.weigh()];
        let server_cpu = memory[1].cpu_since(&before);
        drop(progress);
        let report = Report {
            server: load.server,
            at_once: load.connections,
            close: load.close,
            seconds: outcome.measured.as_secs_f64(),
            connections: outcome.connections,
            connections_per_second: outcome.rate(),
            server_cpu_micros_per_connection: server_cpu.map(|cpu| cpu.micros_each(outcome.all_connections)),
            server_cpu,
            memory,
            latency: outcome.latencies,
            failures: outcome.failures,
            timeline: outcome.timeline,
        };
        self.output.show(&report)?;
        Ok(verdict(&stop, report.connections > 0, &report.failures))
    }
}

#[derive(Serialize)]
struct Report {
    server: SocketAddr,
    at_once: usize,
    close: Close,
    seconds: f64,
    connections: u64,
    connections_per_second: f64,
    /// In microseconds.
    latency: Latencies,
    server_cpu: Option<CpuUse>,
    server_cpu_micros_per_connection: Option<f64>,
    /// Before the load and after it.
    memory: [Weight; 2],
    failures: Failures,
    timeline: Timeline,
}

impl Results for Report {
    fn title(&self) -> String {
        let Report { server, at_once, seconds, .. } = self;
        let at_once = HumanCount(*at_once as u64);
        let how = match self.close {
            Close::Fin => "closed in order",
            Close::Reset => "reset",
        };
        format!("{server}: connect, log in, close, on {at_once} connections at once, {how}, {seconds:.1} s")
    }

    fn figures(&self) -> Vec<Figure> {
        let mut figures = vec![
            figures::counted("connections", self.connections, self.connections_per_second),
            Figure::new("latency", self.latency.summary()),
        ];
        if let (Some(cpu), Some(each)) = (&self.server_cpu, self.server_cpu_micros_per_connection) {
            figures.extend(figures::cpu(cpu, &format!("{each:.2} µs a connection")));
        }
        figures.extend(figures::memory_around(&self.memory));
        figures.push(Figure::new("failures", &self.failures));
        figures
    }

    fn panels(&self) -> Vec<Panel> {
        vec![
            charts::latencies(&[("from connecting to the reply", &self.latency)]),
            charts::rates(&self.timeline, 0.0, &[("connections", |counts| counts.opened)]),
        ]
    }
}
