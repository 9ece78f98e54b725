//! `idle`: what a silent connection costs.
//!
//! Memory is read three times: with no connection, with a first part of them, and with all. The first part pays for
//! what a server lays out once; the slope from there to the end is the price of a connection.

use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use indicatif::{HumanBytes, HumanCount};
use serde::Serialize;

use crate::commands::progress::Progress;
use crate::commands::{charts, seconds, verdict};
use crate::load::dial::Dialer;
use crate::load::failure::{Failure, Failures};
use crate::report::{Figure, Output, Panel, Results};
use crate::system::stop::Stop;
use crate::system::{limits, listener, process};

/// How many connections are opened before the slope begins, at most.
const FIRST: usize = 1_000;

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// The server.
    #[arg(long, default_value = "127.0.0.1:8082")]
    addr: SocketAddr,
    /// Connections; every 10,000 have a source address of their own in 127.0.0.0/8.
    #[arg(long, default_value = "15000")]
    connections: NonZeroUsize,
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
        let wanted = self.connections.get();
        let dialer = Dialer::new(self.addr, self.timeout);
        limits::need_connections(wanted, self.addr, dialer.sources(wanted))?;
        self.output.prepare()?;
        let mut streams = Vec::with_capacity(wanted);
        let pid = self.pid.or_else(|| listener::process_at(self.addr));
        let mut weights = vec![Weight::now(pid, 0)?];
        let mut failures = Failures::default();
        let progress = Progress::of_count("opening", wanted);
        for count in [FIRST.min(wanted / 2), wanted] {
            while streams.len() < count && failures.is_empty() && !stop.is_asked() {
                progress.count(streams.len() as u64);
                match dialer.log_in(streams.len()) {
                    Ok(stream) => streams.push(stream),
                    Err(failure) => failures.add(failure),
                }
            }
            weights.push(Weight::now(pid, streams.len())?);
        }
        drop(progress);
        for stream in &streams {
            if let Err(failure) = is_silent(stream) {
                failures.add(failure);
            }
        }

        let report = Report::new(self.addr, weights, failures);
        self.output.show(&report)?;
        Ok(verdict(&stop, report.opened > 0, &report.failures))
    }
}

/// Whether a connection is open and has nothing to be read.
fn is_silent(mut stream: &TcpStream) -> Result<(), Failure> {
    stream.set_nonblocking(true)?;
    match stream.read(&mut [0]) {
        Ok(0) => Err(Failure::Closed),
        Ok(_) => Err(Failure::Unasked),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Bytes in use at one moment.
#[derive(Clone, Copy, Debug, Serialize)]
struct Weight {
    connections: usize,
    /// Resident memory of the server.
    server: Option<u64>,
    /// Small objects of the kernel, both ends of each connection among them.
    kernel: u64,
}

impl Weight {
    fn now(pid: Option<i32>, connections: usize) -> anyhow::Result<Weight> {
        let server = pid.map(process::resident).transpose().context("weighing the server")?;
        Ok(Weight { connections, server, kernel: process::kernel_objects()? })
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
    fn new(server: SocketAddr, weights: Vec<Weight>, failures: Failures) -> Report {
        let (first, last) = (weights[1], weights[2]);
        let opened = last.connections;
        let slope = |from: u64, to: u64| {
            (opened > first.connections)
                .then(|| (to as f64 - from as f64) / (opened - first.connections) as f64)
        };
        Report {
            server,
            opened,
            server_bytes_per_connection: first.server.zip(last.server).and_then(|(from, to)| slope(from, to)),
            kernel_bytes_per_connection: slope(first.kernel, last.kernel),
            weights,
            failures,
        }
    }
}

impl Results for Report {
    fn title(&self) -> String {
        format!("{}: {} connections logged in", self.server, HumanCount(self.opened as u64))
    }

    fn figures(&self) -> Vec<Figure> {
        let mut figures = Vec::new();
        for (name, weight) in ["before", "with the first", "with all"].into_iter().zip(&self.weights) {
            let Weight { connections, server, kernel } = weight;
            let server = server.map_or_else(|| "not weighed".into(), |bytes| HumanBytes(bytes).to_string());
            let (connections, kernel) = (HumanCount(*connections as u64), HumanBytes(*kernel));
            figures.push(Figure::new(
                name,
                format!("{connections} connections: server {server}, kernel {kernel}"),
            ));
        }
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
