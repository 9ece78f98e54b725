//! `syscalls`: which system calls each server makes for a request.
//!
//! strace is attached to a server when all connections are open and have been answered, and detached when the last reply
//! has come: what is called for a start, for connecting and for closing is not counted. It makes each call take far
//! longer, so this tells nothing of speed.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use comfy_table::{Table, presets};
use indicatif::HumanCount;
use serde::Serialize;

use crate::commands::contender::Contender;
use crate::commands::cores::{Chosen, Cores};
use crate::commands::progress::Progress;
use crate::commands::shape::Shape;
use crate::commands::{seconds, verdict};
use crate::load::dial::Dialer;
use crate::load::echo::{EchoLoad, Rhythm};
use crate::load::failure::Failures;
use crate::report::bars::{Bar, Bars};
use crate::report::{Figure, Output, Panel, Results};
use crate::servers::child;
use crate::system::limits;
use crate::system::stop::Stop;
use crate::system::strace::{self, Calls, Purpose, Strace};

/// How long connecting may take, and a reply.
const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Loads: connections × requests on the way on each.
    #[arg(long, value_delimiter = ',', default_value = "100x1,1000x1,100x16")]
    shapes: Vec<Shape>,
    /// The servers.
    #[arg(long, value_delimiter = ',', default_value = "raw,mario,mario-per-worker,tokio")]
    servers: Vec<Contender>,
    /// How long calls are counted.
    #[arg(long, default_value = "3", value_parser = seconds)]
    seconds: Duration,
    /// How long each load runs before that; at least each connection is answered once.
    #[arg(long, default_value = "0.5", value_parser = seconds)]
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
    /// Counts, and prints the table of what was counted.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let stop = Stop::on_signals()?;
        self.check()?;
        self.output.prepare()?;
        let cores = self.cores.take()?;
        let progress = Progress::of_steps("counting", self.shapes.len() * self.servers.len());
        let mut rows: Vec<Row> = Vec::new();
        for (shape, server) in
            self.shapes.iter().flat_map(|shape| self.servers.iter().map(move |server| (shape, server)))
        {
            if stop.is_asked() {
                break;
            }
            let name = server.name();
            let row =
                self.count(*shape, *server, &cores, &stop).with_context(|| format!("{shape} with {name}"))?;
            let all = row.each(row.calls.all().calls);
            progress
                .step(rows.len() + 1, format_args!("{shape:<9} {name:<16} {all:.3} system calls a request"));
            rows.push(row);
        }
        drop(progress);
        let mut failures = Failures::default();
        rows.iter().for_each(|row| failures.merge(row.failures.clone()));
        let is_good = !rows.is_empty() && rows.iter().all(|row| row.replies > 0);
        self.output.show(&Report { rows, seconds: self.seconds.as_secs_f64() })?;
        Ok(verdict(&stop, is_good, &failures))
    }

    /// Looks for what is missing before the first server is started.
    fn check(&self) -> anyhow::Result<()> {
        strace::look_for()?;
        if let Some(shape) = self.shapes.iter().find(|shape| matches!(shape, Shape::Connections { .. })) {
            bail!("--shapes {shape}: system calls are counted by requests, as in 100x16");
        }
        let most = self.shapes.iter().map(|shape| shape.connections()).max().unwrap_or_default();
        let sources = Dialer::new(child::LOOPBACK, TIMEOUT).sources(most);
        limits::need_connections(most, child::LOOPBACK, sources)
    }

    fn count(&self, shape: Shape, server: Contender, cores: &Chosen, stop: &Stop) -> anyhow::Result<Row> {
        let Shape::Requests { connections, depth } = shape else { bail!("{shape} has no requests") };
        let process = server.start(&cores.server, connections.get())?;
        let load = EchoLoad {
            server: process.addr(),
            connections: connections.get(),
            rhythm: Rhythm::Depth(depth.get()),
            payload: self.payload,
            threads: cores.client.count().min(connections.get()),
            warm_up: Duration::ZERO,
            duration: self.warm_up,
            timeout: TIMEOUT,
        };
        let mut connected = load.connect(stop, |_| ())?;
        let mut failures = connected.run(stop, |_, _| ())?.failures;
        // Nothing is on the way, now and at the end: so all that is called for the replies is counted, and nothing else.
        let strace = Strace::attach(process.pid())?;
        connected.last_for(self.seconds);
        let outcome = connected.run(stop, |_, _| ())?;
        let calls = strace.detach()?;
        failures.merge(outcome.failures);
        Ok(Row { server, shape, replies: outcome.all_replies, calls, failures })
    }
}

/// What one server called under one load.
#[derive(Serialize)]
struct Row {
    shape: Shape,
    server: Contender,
    replies: u64,
    /// By their names.
    calls: Calls,
    failures: Failures,
}

impl Row {
    /// So many, for each reply.
    fn each(&self, count: u64) -> f64 {
        count as f64 / self.replies.max(1) as f64
    }

    /// For each reply: reads, writes, waits, registrations, others, all, and reads that failed.
    fn figures(&self) -> [f64; 7] {
        let of = |purpose| self.calls.of(purpose).calls;
        [
            of(Purpose::Read),
            of(Purpose::Write),
            of(Purpose::Wait),
            of(Purpose::Registration),
            of(Purpose::Other),
            self.calls.all().calls,
            self.calls.of(Purpose::Read).errors,
        ]
        .map(|count| self.each(count))
    }
}

#[derive(Serialize)]
struct Report {
    rows: Vec<Row>,
    /// How long calls were counted.
    seconds: f64,
}

impl Results for Report {
    fn title(&self) -> String {
        format!("system calls a request, counted for {} s each", self.seconds)
    }

    fn figures(&self) -> Vec<Figure> {
        let figure = |row: &Row| {
            let [.., all, in_vain] = row.figures();
            let text = format!("{}: {all:.3} a request, {in_vain:.3} reads without data", row.shape);
            Figure::new(row.server.name(), text)
        };
        self.rows.iter().map(figure).collect()
    }

    fn panels(&self) -> Vec<Panel> {
        let mut series: Vec<Contender> = Vec::new();
        let mut groups: Vec<(String, Vec<Bar>)> = Vec::new();
        for row in &self.rows {
            let place = series.iter().position(|server| *server == row.server).unwrap_or_else(|| {
                series.push(row.server);
                series.len() - 1
            });
            let value = row.each(row.calls.all().calls);
            let bar = Bar { series: place, value, lowest: value, highest: value };
            let name = row.shape.to_string();
            match groups.iter_mut().find(|(group, _)| *group == name) {
                Some((_, bars)) => bars.push(bar),
                None => groups.push((name, vec![bar])),
            }
        }
        let bars = Bars {
            title: "System calls a request".into(),
            note: "Less is better.".into(),
            series: series.iter().map(|server| server.name().to_owned()).collect(),
            groups,
        };
        vec![bars.panel()]
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_header([
            "load",
            "server",
            "replies",
            "read",
            "write",
            "wait",
            "epoll_ctl",
            "others",
            "all",
            "reads that fail",
        ]);
        for row in &self.rows {
            let replies = HumanCount(row.replies).to_string();
            let names = [row.shape.to_string(), row.server.name().to_owned(), replies];
            table.add_row(names.into_iter().chain(row.figures().map(|figure| format!("{figure:.3}"))));
        }
        writeln!(out, "{}; a read that fails finds no data (EAGAIN)\n\n{table}", self.title())?;
        self.rows
            .iter()
            .filter(|row| !row.failures.is_empty())
            .try_for_each(|row| writeln!(out, "{} with {}: {}", row.shape, row.server.name(), row.failures))
    }
}
