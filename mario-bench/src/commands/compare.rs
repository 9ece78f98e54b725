//! `compare`: the servers in turn under the same loads, as ratios to raw epoll.
//!
//! A round takes each shape, and for each shape each server: started afresh on its cores, loaded from the others,
//! ended. At its end each is weighed with idle connections. Which server begins changes from round to round. It waits for other programs to leave the machine alone; if
//! they came back meanwhile, the shape's round is repeated, and the calmest one counts.

mod memory;
mod runner;
mod summary;

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use serde::Serialize;

use self::memory::Memory;
use self::runner::{Runner, Sample, Taken};
use self::summary::Summary;
use crate::commands::contender::Contender;
use crate::commands::cores::{Chosen, Cores};
use crate::commands::progress::Progress;
use crate::commands::seconds;
use crate::commands::shape::Shape;
use crate::load::dial::Dialer;
use crate::report::{Figure, Output, Panel, Results};
use crate::servers::child;
use crate::system::limits;
use crate::system::stop::{INTERRUPTED, Stop};

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// How often each shape is measured with each server.
    #[arg(long, default_value = "5")]
    rounds: NonZeroUsize,
    /// How often a round of a shape is repeated at most, if other programs keep the machine busy.
    #[arg(long, default_value_t = 2)]
    repeats: usize,
    /// How many seconds to wait, before each round of a shape, for other programs to leave the machine alone.
    #[arg(long, default_value = "20", value_parser = seconds)]
    patience: Duration,
    /// Loads: connections × requests on the way on each; or cps: and connections at once that come and go.
    #[arg(long, value_delimiter = ',', default_value = "100x1,1000x1,100x16,10000x1,cps:100")]
    shapes: Vec<Shape>,
    /// The servers; all are compared with raw.
    #[arg(long, value_delimiter = ',', default_value = "raw,mario,tokio")]
    servers: Vec<Contender>,
    /// Idle connections that the memory of one is told from; 0 leaves it out.
    #[arg(long, default_value_t = 15_000)]
    idle: usize,
    /// How long each measurement takes.
    #[arg(long, default_value = "2", value_parser = seconds)]
    seconds: Duration,
    /// How long each load runs before it is measured.
    #[arg(long, default_value = "0.3", value_parser = seconds)]
    warm_up: Duration,
    /// Bytes of a request beside its header of 8.
    #[arg(long, default_value_t = 64)]
    payload: usize,
    #[command(flatten)]
    cores: Cores,
    #[command(flatten)]
    output: Output,
}

impl Arguments {
    /// Measures, and prints the tables of what was measured.
    pub(crate) fn run(mut self) -> anyhow::Result<ExitCode> {
        let stop = Stop::on_signals()?;
        self.servers.sort_unstable();
        self.servers.dedup();
        if !self.servers.contains(&Contender::Raw) {
            bail!("all servers are compared with raw: --servers needs it");
        }
        self.check()?;
        self.output.prepare()?;
        let Chosen { server: server_cpus, client: client_cpus, .. } = self.cores.take()?;

        let steps = self.rounds.get() * self.parts() * self.servers.len();
        let progress = Progress::of_steps("comparing", steps);
        let (server_cpus, client_cpus) = (&server_cpus, &client_cpus);
        let runner = Runner { arguments: &self, server_cpus, client_cpus, stop: &stop, progress };
        let Taken { samples, weighings, error } = runner.rounds();
        drop(runner);
        let failed = error.is_some() || samples.iter().any(Sample::is_bad);
        let summary = Summary::of(&samples, &self.servers, &self.shapes);
        let memory = Memory::of(&weighings, &self.servers, self.idle);
        let seconds = self.seconds.as_secs_f64();
        let error = error.map(|error| format!("{error:#}"));
        self.output.show(&Report { samples, summary, memory, servers: self.servers, seconds, error })?;
        Ok(if stop.is_asked() { INTERRUPTED.into() } else { ExitCode::from(u8::from(failed)) })
    }

    /// Looks for what the largest load lacks, before the first is measured: load and server each have one table.
    fn check(&self) -> anyhow::Result<()> {
        let loads = self.shapes.iter().map(|shape| shape.connections());
        let most = loads.chain([self.idle]).max().unwrap_or_default();
        let sources = Dialer::new(child::LOOPBACK, Duration::ZERO).sources(most);
        limits::need_connections(most, child::LOOPBACK, sources)
    }

    /// What each server goes through in a round.
    fn parts(&self) -> usize {
        self.shapes.len() + usize::from(self.idle > 0)
    }
}

#[derive(Serialize)]
struct Report {
    samples: Vec<Sample>,
    summary: Summary,
    memory: Memory,
    #[serde(skip)]
    servers: Vec<Contender>,
    /// How long each sample was measured.
    seconds: f64,
    /// Why there are not all rounds.
    error: Option<String>,
}

impl Results for Report {
    fn title(&self) -> String {
        let names: Vec<_> = self.servers.iter().map(|server| server.name()).collect();
        let rounds = self.summary.rounds().unwrap_or_default();
        format!("{} compared: {rounds} rounds of {} s", names.join(", "), self.seconds)
    }

    fn figures(&self) -> Vec<Figure> {
        let ratios = |server: &Contender| Figure::new(server.name(), self.summary.ratios(*server));
        self.servers.iter().filter(|server| **server != Contender::Raw).map(ratios).collect()
    }

    fn panels(&self) -> Vec<Panel> {
        self.summary.panels()
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.summary)?;
        if !self.memory.is_empty() {
            writeln!(out, "\n{}", self.memory)?;
        }
        match &self.error {
            Some(error) => writeln!(out, "\nIt ended early: {error}"),
            None => Ok(()),
        }
    }
}
