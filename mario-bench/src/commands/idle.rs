//! `idle`: what a silent connection costs.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount};
use serde::Serialize;

use crate::commands::progress::Progress;
use crate::commands::{charts, seconds, verdict};
use crate::load::failure::Failures;
use crate::load::idle::{IdleLoad, Outcome, Weight};
use crate::report::{Figure, Output, Panel, Results};
use crate::system::stop::Stop;
use crate::system::{limits, listener};

/// So many connections tell the slope well; fewer if there are not as many descriptors.
const ENOUGH: usize = 19_000;

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// The server.
    #[arg(long, default_value = "127.0.0.1:8082")]
    addr: SocketAddr,
    /// Connections; every 10,000 have a source address of their own in 127.0.0.0/8. By default 19,000, or as many as
    /// the descriptors of a process allow.
    #[arg(long)]
    connections: Option<NonZeroUsize>,
    /// The server's process, if it is not to be found by its address.
    #[arg(long)]
    pid: Option<i32>,
    /// How many seconds each step of opening a connection may take.
    #[arg(long, default_value = "5", value_parser = seconds)]
    timeout: Duration,
    #[command(flatten)]
    output: Output,
}

impl Arguments {
    /// Opens the connections, weighs, and looks whether all are still open.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let stop = Stop::on_signals()?;
        let connections = match self.connections {
            Some(connections) => connections.get(),
            None => ENOUGH.min(usize::try_from(limits::a_table(0)?).unwrap_or(ENOUGH)),
        };
        self.output.prepare()?;
        let pid = self.pid.or_else(|| listener::process_at(self.addr));
        let load = IdleLoad { server: self.addr, pid, connections, timeout: self.timeout };
        let progress = Progress::of_count("opening", connections);
        let outcome = load.run(&stop, |count| progress.count(count as u64))?;
        drop(progress);
        let report = Report::new(self.addr, outcome);
        self.output.show(&report)?;
        Ok(verdict(&stop, report.opened > 0, &report.failures))
    }
}

#[derive(Serialize)]
struct Report {
    server: SocketAddr,
    opened: usize,
    weights: Vec<Weight>,
    server_bytes_per_connection: Option<f64>,
    kernel_bytes_per_connection: Option<f64>,
    failures: Failures,
}

impl Report {
    fn new(server: SocketAddr, outcome: Outcome) -> Report {
        Report {
            server,
            opened: outcome.opened(),
            server_bytes_per_connection: outcome.of_server(),
            kernel_bytes_per_connection: outcome.of_kernel(),
            weights: outcome.weights,
            failures: outcome.failures,
        }
    }
}

impl Results for Report {
    fn title(&self) -> String {
        format!("{}: {} connections logged in", self.server, HumanCount(self.opened as u64))
    }

    fn figures(&self) -> Vec<Figure> {
        let names = ["before"].into_iter().chain(std::iter::repeat("with"));
        let figure = |(name, weight): (&'static str, &Weight)| {
            let Weight { connections, server, kernel } = weight;
            let server = server.map_or_else(|| "not weighed".into(), |bytes| HumanBytes(bytes).to_string());
            let (connections, kernel) = (HumanCount(*connections as u64), HumanBytes(*kernel));
            Figure::new(name, format!("{connections} connections: server {server}, kernel {kernel}"))
        };
        let mut figures: Vec<Figure> = names.zip(&self.weights).map(figure).collect();
        if let Some(bytes) = self.server_bytes_per_connection {
            figures.push(Figure::new("a connection", format!("{bytes:.0} bytes of the server")));
        }
        if let Some(bytes) = self.kernel_bytes_per_connection {
            figures.push(Figure::new("and", format!("{bytes:.0} bytes of the kernel, both ends together")));
        }
        figures.push(Figure::new("failures", &self.failures));
        figures
    }

    fn panels(&self) -> Vec<Panel> {
        vec![charts::memory(
            self.weights.iter().map(|weight| (weight.connections, weight.server, weight.kernel)),
        )]
    }
}
