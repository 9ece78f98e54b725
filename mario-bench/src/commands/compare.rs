//! `compare`: the servers in turn under the same loads, as ratios to raw epoll.
//!
//! A round takes each shape, and for each shape each server: started afresh on its cores, loaded from the others,
//! ended. Which server begins changes from round to round. It waits for other programs to leave the machine alone; if
//! they came back meanwhile, the shape's round is repeated, and the calmest one counts.

mod runner;
mod shape;
mod summary;

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::ValueEnum;
use serde::Serialize;

use self::runner::{Runner, Sample};
use self::shape::Shape;
use self::summary::Summary;
use crate::commands::cores::{Chosen, Cores};
use crate::commands::seconds;
use crate::report::{Figure, Output, Panel, Results};
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
    servers: Vec<Server>,
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

/// A server that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
enum Server {
    Raw,
    Mario,
    Tokio,
}

impl Server {
    /// The command of this program that runs it.
    fn command(self) -> &'static str {
        match self {
            Server::Raw => "raw",
            Server::Mario => "serve",
            Server::Tokio => "tokio",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Server::Raw => "raw",
            Server::Mario => "mario",
            Server::Tokio => "tokio",
        }
    }
}

impl Arguments {
    /// Measures, and prints the tables of what was measured.
    pub(crate) fn run(mut self) -> anyhow::Result<ExitCode> {
        let stop = Stop::on_signals()?;
        self.servers.sort_unstable();
        self.servers.dedup();
        if !self.servers.contains(&Server::Raw) {
            bail!("all servers are compared with raw: --servers needs it");
        }
        self.output.prepare()?;
        let Chosen { server: server_cpus, client: client_cpus, .. } = self.cores.take()?;

        let runner =
            Runner { arguments: &self, server_cpus: &server_cpus, client_cpus: &client_cpus, stop: &stop };
        let samples = runner.rounds()?;
        let failed = samples.iter().any(|sample| !sample.failures.is_empty());
        let summary = Summary::of(&samples, &self.servers, &self.shapes);
        let seconds = self.seconds.as_secs_f64();
        self.output.show(&Report { samples, summary, servers: self.servers, seconds })?;
        Ok(if stop.is_asked() { INTERRUPTED.into() } else { ExitCode::from(u8::from(failed)) })
    }
}

#[derive(Serialize)]
struct Report {
    samples: Vec<Sample>,
    summary: Summary,
    #[serde(skip)]
    servers: Vec<Server>,
    /// How long each sample was measured.
    seconds: f64,
}

impl Results for Report {
    fn title(&self) -> String {
        let names: Vec<_> = self.servers.iter().map(|server| server.name()).collect();
        let rounds = self.summary.rounds().unwrap_or_default();
        format!("{} compared: {rounds} rounds of {} s", names.join(", "), self.seconds)
    }

    fn figures(&self) -> Vec<Figure> {
        let ratios = |server: &Server| Figure::new(server.name(), self.summary.ratios(*server));
        self.servers.iter().filter(|server| **server != Server::Raw).map(ratios).collect()
    }

    fn panels(&self) -> Vec<Panel> {
        self.summary.panels()
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.summary)
    }
}
