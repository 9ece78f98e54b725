//! What `hold` and `million` have in common: very many connections, and what came of them.

use std::net::SocketAddr;
use std::process::ExitCode;

use indicatif::HumanCount;
use serde::Serialize;

use crate::commands::progress::Progress;
use crate::commands::{charts, figures, verdict};
use crate::load::failure::Failures;
use crate::load::fleet::Close;
use crate::load::hold::{HoldLoad, Outcome, Stage};
use crate::load::latencies::Latencies;
use crate::load::timeline::{self, Timeline};
use crate::report::{Figure, Output, Panel, Results};
use crate::system::stop::Stop;
use crate::system::weight::{CpuUse, Scale, Weight};

/// Runs the load and shows what came of it.
pub(super) fn run(load: HoldLoad, scale: &Scale, stop: &Stop, output: &Output) -> anyhow::Result<ExitCode> {
    let mut opening = Some(Progress::of_count("opening", load.connections));
    let mut holding = None;
    let outcome = load.run(scale, stop, |stage, counts| match stage {
        Stage::Opening => opening.iter().for_each(|bar| bar.count(counts.opened)),
        Stage::Holding(elapsed) => {
            opening = None;
            let bar = holding.get_or_insert_with(|| Progress::of_time("holding", load.duration));
            bar.time(elapsed, counts);
        }
    })?;
    drop(holding);
    let report = Report::new(&load, outcome);
    output.show(&report)?;
    let is_good = report.opening_seconds.is_some() && report.held > 0 && report.missed == 0;
    Ok(verdict(stop, is_good, &report.failures))
}

#[derive(Serialize)]
struct Report {
    server: SocketAddr,
    connections: usize,
    threads: usize,
    close: Close,
    /// How long it took to open all; nothing if that was not reached.
    opening_seconds: Option<f64>,
    /// How long it might take.
    opening_limit: f64,
    /// How long they were held.
    seconds: f64,
    /// Connections that were open at the end.
    held: u64,
    opened: u64,
    reopened: u64,
    reopened_per_second: f64,
    replies: u64,
    replies_per_second: f64,
    /// Closes and requests that were due, and never done, as server or load were too slow.
    missed: u64,
    /// In microseconds, from connecting to the reply, until all were open.
    opening_latency: Latencies,
    /// In microseconds, from when a connection was due to the reply to its login, while they were held.
    reopening_latency: Latencies,
    /// In microseconds, from when a request was due to its reply.
    reply_latency: Latencies,
    /// While they were held.
    server_cpu: Option<CpuUse>,
    /// Before the first connection, when all were open, and at the end.
    weights: [Weighed; 3],
    server_bytes_per_connection: Option<f64>,
    kernel_bytes_per_connection: Option<f64>,
    failures: Failures,
    held_from: f64,
    timeline: Timeline,
}

#[derive(Clone, Copy, Serialize)]
struct Weighed {
    connections: u64,
    #[serde(flatten)]
    weight: Weight,
}

impl Report {
    fn new(load: &HoldLoad, outcome: Outcome) -> Report {
        let [full, end] = outcome.counts;
        let while_held = end.since(full);
        let seconds = outcome.held.as_secs_f64();
        let rate = |count: u64| if seconds > 0.0 { count as f64 / seconds } else { 0.0 };
        let [before, at_full, at_end] = outcome.weights;
        let weights = [(0, before), (full.held, at_full), (end.held, at_end)]
            .map(|(connections, weight)| Weighed { connections, weight });
        let slope = |bytes: fn(&Weight) -> Option<u64>| {
            let (from, to) = bytes(&before).zip(bytes(&at_full))?;
            (full.held > 0).then(|| (to as f64 - from as f64) / full.held as f64)
        };
        Report {
            server: load.server,
            connections: load.connections,
            threads: load.threads,
            close: load.close,
            opening_seconds: outcome.opening.map(|time| time.as_secs_f64()),
            opening_limit: load.opening.as_secs_f64(),
            seconds,
            held: end.held,
            opened: end.opened,
            reopened: while_held.opened,
            reopened_per_second: rate(while_held.opened),
            replies: while_held.replies,
            replies_per_second: rate(while_held.replies),
            missed: outcome.missed,
            opening_latency: outcome.opened,
            reopening_latency: outcome.reopened,
            reply_latency: outcome.replies,
            server_cpu: at_end.cpu_since(&at_full).filter(|_| outcome.opening.is_some()),
            server_bytes_per_connection: slope(|weight| weight.resident),
            kernel_bytes_per_connection: slope(|weight| weight.kernel),
            weights,
            failures: outcome.failures,
            held_from: outcome.held_from,
            timeline: outcome.timeline,
        }
    }
}

impl Results for Report {
    fn title(&self) -> String {
        let count = |count: u64| HumanCount(count);
        let Report { server, seconds, .. } = self;
        format!("{server}: {} connections held for {seconds:.1} s", count(self.connections as u64))
    }

    fn figures(&self) -> Vec<Figure> {
        let mut figures =
            vec![Figure::new("connections", format!("{} open at the end", HumanCount(self.held)))];
        figures.push(match self.opening_seconds {
            Some(seconds) => {
                let rate = HumanCount((self.weights[1].connections as f64 / seconds).round() as u64);
                Figure::new("opened", format!("all in {seconds:.1} s ({rate} a second)"))
            }
            None => {
                let (opened, limit) = (HumanCount(self.opened), self.opening_limit);
                Figure::new("opened", format!("{opened}, not all; they had {limit} s"))
            }
        });
        figures.push(Figure::new("· to the login's reply", self.opening_latency.summary()));
        if !self.reopening_latency.is_empty() {
            figures.push(figures::counted("closed and opened", self.reopened, self.reopened_per_second));
            figures.push(Figure::new("· from due to the login's reply", self.reopening_latency.summary()));
        }
        if !self.reply_latency.is_empty() {
            figures.push(figures::counted("requests", self.replies, self.replies_per_second));
            figures.push(Figure::new("· from due to the reply", self.reply_latency.summary()));
        }
        if self.missed > 0 {
            figures.push(Figure::new("due, but not done", HumanCount(self.missed)));
        }
        figures.extend(figures::memory(&self.weights.map(|weighed| (weighed.connections, weighed.weight))));
        let bytes =
            |bytes: Option<f64>, whose: &str| bytes.map(|bytes| format!("{bytes:.0} bytes of the {whose}"));
        let each = [
            bytes(self.server_bytes_per_connection, "server"),
            bytes(self.kernel_bytes_per_connection, "kernel, for both ends if both are here"),
        ];
        let each: Vec<String> = each.into_iter().flatten().collect();
        figures.push(Figure::new("a connection takes", each.join(", ")));
        if let Some(cpu) = &self.server_cpu {
            figures.extend(figures::cpu(cpu, "while they were held"));
        }
        figures.push(Figure::new("failures", &self.failures));
        figures
    }

    fn panels(&self) -> Vec<Panel> {
        let counters: [charts::Counter<'_>; 3] = [
            ("opened", |counts| counts.opened),
            ("closed", |counts| counts.closed),
            ("replies", |counts| counts.replies),
        ];
        let is_still = self.reopening_latency.is_empty() && self.reply_latency.is_empty();
        // While all are being opened nothing else is to be seen.
        let from = if is_still { 0.0 } else { self.held_from + timeline::STEP.as_secs_f64() };
        vec![
            charts::held(&self.timeline, vec![(self.held_from, "all are open".to_owned())]),
            charts::rates(&self.timeline, from, &counters),
            charts::latencies(&[
                ("opened at first", &self.opening_latency),
                ("opened again", &self.reopening_latency),
                ("replies", &self.reply_latency),
            ]),
        ]
    }
}
