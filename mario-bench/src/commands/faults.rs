//! `faults`: what goes wrong around a server, at full size, and what the others see of it.
//!
//! Each fault has a server of its own, on cores of its own. Others' connections load it in a closed loop, and every byte
//! that they get is compared; beside them somebody does mischief, or the machine lacks something. The same load without
//! the fault, moments apart, is what it is compared with. Who begins changes from round to round.

mod fault;
mod runner;
mod summary;

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::ValueEnum;
use serde::Serialize;

use self::fault::Fault;
use self::runner::{Failed, Runner, Sample};
use self::summary::Summary;
use crate::commands::cores::{Chosen, Cores};
use crate::commands::seconds;
use crate::load::dial::Dialer;
use crate::report::{Figure, Output, Panel, Results};
use crate::servers::child;
use crate::servers::mario::Acceptor;
use crate::system::limits;
use crate::system::stop::{INTERRUPTED, Stop};

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Only these faults; by default all that can be.
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    only: Vec<Fault>,
    /// Who accepts connections.
    #[arg(long, value_enum, default_value = "master")]
    accept: Acceptor,
    /// How often each is measured, with it and without it.
    #[arg(long, default_value = "5")]
    rounds: NonZeroUsize,
    /// How long each measurement takes.
    #[arg(long, default_value = "3", value_parser = seconds)]
    seconds: Duration,
    /// How long each load runs before it is measured.
    #[arg(long, default_value = "0.3", value_parser = seconds)]
    warm_up: Duration,
    /// The others' connections.
    #[arg(long, default_value = "100")]
    connections: NonZeroUsize,
    /// Connections whose bytes trickle.
    #[arg(long, default_value = "5000")]
    slow: NonZeroUsize,
    /// Connections that do not read.
    #[arg(long, default_value = "1000")]
    deaf: NonZeroUsize,
    /// Connections that are reset, at least.
    #[arg(long, default_value = "100000")]
    resets: u64,
    /// Connections to a server that has no descriptors for them.
    #[arg(long, default_value = "2000")]
    excess: NonZeroUsize,
    #[command(flatten)]
    cores: Cores,
    #[command(flatten)]
    output: Output,
}

impl Arguments {
    /// Measures, and prints the table of what was measured. What others lose, what a server does not give back, and a
    /// measurement that failed, is a failure of the program too.
    pub(crate) fn run(mut self) -> anyhow::Result<ExitCode> {
        let stop = Stop::on_signals()?;
        if self.only.is_empty() {
            self.only = Fault::value_variants().to_vec();
            self.only.retain(|fault| fault.is_for(self.accept));
        }
        if let Some(fault) = self.only.iter().find(|fault| !fault.is_for(self.accept)) {
            bail!(
                "--only {}: where workers accept, the kernel goes on to deal connections to one that hangs",
                fault.name()
            );
        }
        let connections = self.connections.get();
        if let Some(fault) = self.only.iter().find(|fault| connections < fault.fewest_others()) {
            bail!(
                "--connections {connections}: so few are each too fast for the limit that `{}` is about: take {} or more",
                fault.name(),
                fault.fewest_others()
            );
        }
        self.only.sort_unstable();
        self.only.dedup();
        let beside = [self.slow, self.deaf, self.excess].map(NonZeroUsize::get).into_iter().max();
        let most = connections + beside.unwrap_or_default();
        limits::need_connections(
            most,
            child::LOOPBACK,
            Dialer::new(child::LOOPBACK, Duration::ZERO).sources(most),
        )?;
        self.output.prepare()?;
        let Chosen { server: server_cpus, client: client_cpus, .. } = self.cores.take()?;

        let runner = Runner::new(&self, &server_cpus, &client_cpus, &stop);
        let (samples, failed) = runner.rounds();
        drop(runner);
        let summary = Summary::of(&samples, &failed, &self.only);
        let is_good = summary.is_good();
        self.output.show(&Report { samples, failed, summary, seconds: self.seconds.as_secs_f64() })?;
        Ok(if stop.is_asked() { INTERRUPTED.into() } else { ExitCode::from(u8::from(!is_good)) })
    }
}

#[derive(Serialize)]
struct Report {
    samples: Vec<Sample>,
    /// Those that there are not, and why.
    failed: Vec<Failed>,
    summary: Summary,
    /// How long each sample was measured.
    seconds: f64,
}

impl Results for Report {
    fn title(&self) -> String {
        let rounds = self.summary.rounds();
        format!("faults, and what others see of them: {rounds} rounds of {} s", self.seconds)
    }

    fn figures(&self) -> Vec<Figure> {
        self.summary.figures()
    }

    fn panels(&self) -> Vec<Panel> {
        self.summary.panels()
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}\n\n{}", self.title(), self.summary)
    }
}
