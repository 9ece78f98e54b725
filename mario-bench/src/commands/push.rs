//! `push`: pushes a second to single connections.

use std::num::{NonZeroU8, NonZeroUsize};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::HumanCount;
use serde::Serialize;

use crate::commands::cores::Cores;
use crate::commands::progress::Progress;
use crate::commands::{charts, figures, seconds, verdict};
use crate::load::crowd::Manner;
use crate::load::failure::Failures;
use crate::load::push::PushLoad;
use crate::load::timeline::Timeline;
use crate::report::{Figure, Output, Panel, Results};
use crate::servers::child::ServerProcess;
use crate::system::stop::Stop;
use crate::system::weight::{CpuUse, Scale};

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Connections, which are pushed to in turn.
    #[arg(long, default_value = "1000")]
    connections: NonZeroUsize,
    /// Bytes of a push beside its header of 8.
    #[arg(long, default_value_t = 64)]
    payload: usize,
    /// Threads that push.
    #[arg(long, default_value = "1")]
    threads: NonZeroU8,
    /// Threads that read.
    #[arg(long, default_value = "1")]
    readers: NonZeroUsize,
    /// How long it is measured.
    #[arg(long, default_value = "5", value_parser = seconds)]
    seconds: Duration,
    /// How long it runs before it is measured.
    #[arg(long, default_value = "0.5", value_parser = seconds)]
    warm_up: Duration,
    /// How many seconds connecting may take, and the last pushes.
    #[arg(long, default_value = "5", value_parser = seconds)]
    timeout: Duration,
    #[command(flatten)]
    cores: Cores,
    #[command(flatten)]
    output: Output,
}

impl Arguments {
    /// Runs the load and prints what came of it.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let stop = Stop::on_signals()?;
        self.output.prepare()?;
        let cores = self.cores.take()?;
        // Beside them, the operator.
        let server = ServerProcess::gateway_on(&cores.server, self.connections.get() + 1)?;
        let load = PushLoad {
            server: server.addr(),
            crowd: Manner {
                members: self.connections.get(),
                readers: self.readers.get().min(self.connections.get()),
                private_descriptors: false,
                timeout: self.timeout,
            },
            payload: self.payload,
            threads: self.threads.get(),
            warm_up: self.warm_up,
            duration: self.seconds,
        };
        let scale = Scale::new(Some(server.pid()), server.addr())?;
        let mut pushing = Progress::of_time("pushing", load.warm_up + load.duration);
        let outcome = load.run(&scale, &stop, |elapsed, counters| pushing.time(elapsed, counters.read()))?;
        drop(pushing);
        let (is_good, failures) = (outcome.is_good(), outcome.failures.clone());
        self.output.show(&Report {
            connections: load.crowd.members,
            payload: load.payload,
            threads: load.threads,
            workers: cores.server.count(),
            seconds: outcome.measured.as_secs_f64(),
            pushes: outcome.pushes,
            pushes_per_second: outcome.rate(),
            accepted: outcome.pushed.accepted,
            refused: outcome.pushed.refused,
            missing: outcome.missing,
            server_cpu_micros_per_push: outcome.server_cpu.map(|cpu| cpu.micros_each(outcome.pushes)),
            server_cpu: outcome.server_cpu,
            failures: outcome.failures,
            timeline: outcome.timeline,
            error: outcome.error.map(|error| format!("{error:#}")),
        })?;
        Ok(verdict(&stop, is_good, &failures))
    }
}

#[derive(Serialize)]
struct Report {
    connections: usize,
    payload: usize,
    threads: u8,
    workers: usize,
    seconds: f64,
    pushes: u64,
    pushes_per_second: f64,
    /// With those of the warm-up.
    accepted: u64,
    refused: u64,
    missing: u64,
    server_cpu: Option<CpuUse>,
    server_cpu_micros_per_push: Option<f64>,
    failures: Failures,
    timeline: Timeline,
    /// Why it ended early.
    error: Option<String>,
}

impl Results for Report {
    fn title(&self) -> String {
        let Report { connections, payload, threads, workers, seconds, .. } = self;
        format!(
            "{threads} threads push to {connections} connections of {workers} workers, payload {payload} bytes, \
             {seconds:.1} s"
        )
    }

    fn figures(&self) -> Vec<Figure> {
        let mut figures = vec![
            figures::counted("pushes", self.pushes, self.pushes_per_second),
            Figure::new("mailbox full", format!("{} times", HumanCount(self.refused))),
            Figure::new("missing", HumanCount(self.missing)),
        ];
        if let (Some(cpu), Some(each)) = (&self.server_cpu, self.server_cpu_micros_per_push) {
            figures.extend(figures::cpu(cpu, &format!("{each:.2} µs a push")));
        }
        figures.push(Figure::new("failures", &self.failures));
        figures.extend(self.error.iter().map(|error| Figure::new("ended early", error)));
        figures
    }

    fn panels(&self) -> Vec<Panel> {
        vec![charts::rates(&self.timeline, 0.0, &[("pushes", |counts| counts.replies)])]
    }
}
