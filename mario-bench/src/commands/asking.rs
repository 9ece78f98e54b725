//! What `rps` and `open` have in common: connections that send echoes, and what came of them.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;

use crate::commands::charts;
use crate::commands::progress::Progress;
use crate::commands::{figures, seconds, verdict};
use crate::load::echo::{EchoLoad, Outcome, Rhythm};
use crate::load::failure::Failures;
use crate::load::latencies::Latencies;
use crate::load::timeline::Timeline;
use crate::report::{Figure, Output, Panel, Results};
use crate::system::cpus::Cpus;
use crate::system::stop::Stop;
use crate::system::weight::{CpuUse, Scale, Weight};

/// Arguments of both.
#[derive(clap::Args, Debug)]
pub(super) struct Asking {
    /// The server.
    #[arg(long, default_value = "127.0.0.1:8082")]
    addr: SocketAddr,
    /// Connections.
    #[arg(long, default_value = "100")]
    connections: NonZeroUsize,
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
    /// The server's process, if it is not to be found by its address.
    #[arg(long)]
    pid: Option<i32>,
    #[command(flatten)]
    output: Output,
}

impl Asking {
    /// Runs the load and shows what `report` makes of it.
    pub(super) fn run<R: Results>(
        self,
        rhythm: Rhythm,
        report: impl FnOnce(Asked) -> R,
    ) -> anyhow::Result<ExitCode> {
        let stop = Stop::on_signals()?;
        if let Some(cpus) = &self.cpus {
            cpus.pin()?;
        }
        self.output.prepare()?;
        let scale = Scale::new(self.pid, self.addr)?;
        let load = EchoLoad {
            server: self.addr,
            connections: self.connections.get(),
            rhythm,
            payload: self.payload,
            threads: self.threads.get().min(self.connections.get()),
            warm_up: self.warm_up,
            duration: self.seconds,
            timeout: self.timeout,
        };
        let connecting = Progress::of_count("connecting", load.connections);
        let mut connected = load.connect(&stop, |count| connecting.count(count as u64))?;
        drop(connecting);
        let mut asking = Progress::of_time("asking", load.warm_up + load.duration);
        let before = scale.weigh();
        let outcome = connected.run(&stop, |elapsed, counters| asking.time(elapsed, counters.read()))?;
        let after = scale.weigh();
        drop(asking);
        let (is_good, failures) = (outcome.replies > 0, outcome.failures.clone());
        self.output.show(&report(Asked::new(&load, outcome, [before, after])))?;
        Ok(verdict(&stop, is_good, &failures))
    }
}

/// What came of it.
#[derive(Serialize)]
pub(super) struct Asked {
    pub(super) server: SocketAddr,
    pub(super) connections: usize,
    pub(super) payload: usize,
    pub(super) seconds: f64,
    replies: u64,
    replies_per_second: f64,
    pub(super) unanswered: u64,
    /// In microseconds.
    latency: Latencies,
    server_cpu: Option<CpuUse>,
    server_cpu_micros_per_reply: Option<f64>,
    /// With all connections, before the load and after it.
    memory: [Weight; 2],
    failures: Failures,
    timeline: Timeline,
}

impl Asked {
    fn new(load: &EchoLoad, outcome: Outcome, memory: [Weight; 2]) -> Asked {
        let server_cpu = memory[1].cpu_since(&memory[0]);
        Asked {
            server: load.server,
            connections: load.connections,
            payload: load.payload,
            seconds: outcome.measured.as_secs_f64(),
            replies: outcome.replies,
            replies_per_second: outcome.rate(),
            unanswered: outcome.unanswered,
            latency: outcome.latencies,
            server_cpu_micros_per_reply: server_cpu.map(|cpu| cpu.micros_each(outcome.all_replies)),
            server_cpu,
            memory,
            failures: outcome.failures,
            timeline: outcome.timeline,
        }
    }

    /// For people.
    pub(super) fn figures(&self) -> Vec<Figure> {
        let mut figures = vec![
            figures::counted("replies", self.replies, self.replies_per_second),
            Figure::new("latency", self.latency.summary()),
        ];
        if let (Some(cpu), Some(each)) = (&self.server_cpu, self.server_cpu_micros_per_reply) {
            figures.extend(figures::cpu(cpu, &format!("{each:.2} µs a reply")));
        }
        figures.extend(figures::memory_around(&self.memory));
        figures.push(Figure::new("failures", &self.failures));
        figures
    }

    /// To be looked at.
    pub(super) fn panels(&self) -> Vec<Panel> {
        vec![
            charts::latencies(&[("replies", &self.latency)]),
            charts::rates(&self.timeline, 0.0, &[("replies", |counts| counts.replies)]),
        ]
    }
}
