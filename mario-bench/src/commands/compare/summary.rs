//! Medians of ratios, and their tables.

use std::fmt;

use comfy_table::{Table, presets};
use indicatif::HumanCount;
use serde::Serialize;

use super::Server;
use super::runner::Sample;
use super::shape::Shape;
use crate::commands::spread::Spread;
use crate::report::Panel;
use crate::report::bars::{Bar, Bars};

/// What all samples of one server under one shape say.
#[derive(Debug, Serialize)]
struct Cell {
    server: Server,
    shape: Shape,
    rounds: usize,
    per_second: f64,
    /// Replies or connections a second, to raw's of the same round.
    ratio: Spread,
    /// CPU time of each, to raw's of the same round.
    cpu_ratio: Spread,
    cpu_each: f64,
    user_share: f64,
    busy: f64,
    others: f64,
}

/// All cells, server by server.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Summary {
    cells: Vec<Cell>,
}

impl Summary {
    /// Of the rounds in which both a server and raw were measured.
    pub(super) fn of(samples: &[Sample], servers: &[Server], shapes: &[Shape]) -> Summary {
        let pairs = servers.iter().flat_map(|server| shapes.iter().map(move |shape| (*server, *shape)));
        Summary { cells: pairs.filter_map(|(server, shape)| Cell::of(samples, server, shape)).collect() }
    }

    /// How often each was measured.
    pub(super) fn rounds(&self) -> Option<usize> {
        self.cells.iter().map(|cell| cell.rounds).min()
    }

    /// What is better seen than read.
    pub(super) fn panels(&self) -> Vec<Panel> {
        let faster =
            "To raw's of the same round, the median with the lowest and the highest: more is better.";
        let cheaper =
            "To raw's of the same round, the median with the lowest and the highest: less is better.";
        vec![
            self.panel("Requests, or connections (cps), a second", faster, |cell| cell.ratio),
            self.panel("CPU time of the server for each", cheaper, |cell| cell.cpu_ratio),
        ]
    }

    /// The ratios of a server, shape by shape.
    pub(super) fn ratios(&self, server: Server) -> String {
        let cells = self.cells.iter().filter(|cell| cell.server == server);
        let parts = cells.map(|cell| format!("{}: {}", cell.shape, cell.ratio));
        parts.collect::<Vec<_>>().join(", ")
    }

    /// One of the ratios as bars, a group a shape.
    fn panel(&self, title: &str, note: &str, ratio: fn(&Cell) -> Spread) -> Panel {
        let mut series: Vec<Server> = self.cells.iter().map(|cell| cell.server).collect();
        series.dedup();
        let mut groups: Vec<(String, Vec<Bar>)> = Vec::new();
        for cell in &self.cells {
            let Spread { median: value, lowest, highest } = ratio(cell);
            let bar = Bar {
                series: series.iter().position(|server| *server == cell.server).unwrap_or_default(),
                value,
                lowest,
                highest,
            };
            let name = cell.shape.to_string();
            match groups.iter_mut().find(|(group, _)| *group == name) {
                Some((_, bars)) => bars.push(bar),
                None => groups.push((name, vec![bar])),
            }
        }
        let series = series.iter().map(|server| server.name().to_owned()).collect();
        Bars { title: title.into(), note: note.into(), series, groups }.panel()
    }

    fn table(&self, title: &str, text: impl Fn(&Cell) -> String) -> Table {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        let first = self.cells.first().map(|cell| cell.server);
        let shapes = self.cells.iter().filter(|cell| Some(cell.server) == first).map(|cell| cell.shape);
        table.set_header(std::iter::once(title.to_owned()).chain(shapes.map(|shape| shape.to_string())));
        for row in self.cells.chunk_by(|one, other| one.server == other.server) {
            let name = row[0].server.name().to_owned();
            table.add_row(std::iter::once(name).chain(row.iter().map(&text)));
        }
        table
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(rounds) = self.rounds() else {
            return f.write_str("no round was measured to its end");
        };
        writeln!(f, "Ratios to raw of the same round: the median of {rounds} rounds (lowest to highest).\n")?;
        let rate = |cell: &Cell| HumanCount(cell.per_second.round() as u64).to_string();
        writeln!(f, "{}\n", self.table("a second", rate))?;
        writeln!(f, "{}\n", self.table("as ratio", |cell| cell.ratio.to_string()))?;
        let cpu = |cell: &Cell| format!("{:.2} µs", cell.cpu_each);
        writeln!(f, "{}\n", self.table("CPU of each", cpu))?;
        writeln!(f, "{}\n", self.table("as ratio", |cell| cell.cpu_ratio.to_string()))?;
        let user = |cell: &Cell| format!("{:.1} %", cell.user_share * 100.0);
        writeln!(f, "{}\n", self.table("of it outside the kernel", user))?;
        let busy = |cell: &Cell| format!("{:.0} %", cell.busy * 100.0);
        writeln!(f, "{}\n", self.table("server's cores busy", busy))?;
        let others = |cell: &Cell| format!("{:.0} %", cell.others * 100.0);
        write!(f, "{}", self.table("machine used by others", others))
    }
}

impl Cell {
    fn of(samples: &[Sample], server: Server, shape: Shape) -> Option<Cell> {
        let of = |server: Server| {
            samples.iter().filter(move |sample| sample.server == server && sample.shape == shape)
        };
        let pairs: Vec<(&Sample, &Sample)> = of(server)
            .filter_map(|sample| Some((sample, of(Server::Raw).find(|raw| raw.round == sample.round)?)))
            .collect();
        let ratio = |value: fn(&Sample) -> f64| {
            Spread::of(pairs.iter().map(|(sample, raw)| value(sample) / value(raw)).collect())
        };
        let median = |value: fn(&Sample) -> f64| {
            Some(Spread::of(pairs.iter().map(|(sample, _)| value(sample)).collect())?.median)
        };
        Some(Cell {
            server,
            shape,
            rounds: pairs.len(),
            per_second: median(|sample| sample.per_second)?,
            ratio: ratio(|sample| sample.per_second)?,
            cpu_ratio: ratio(|sample| sample.cpu_each)?,
            cpu_each: median(|sample| sample.cpu_each)?,
            user_share: median(|sample| sample.user_share)?,
            busy: median(|sample| sample.busy)?,
            others: median(|sample| sample.others)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::failure::Failures;

    fn sample(round: usize, server: Server, rate: f64) -> Sample {
        Sample {
            round,
            server,
            shape: "1x1".parse().unwrap(),
            per_second: rate,
            cpu_each: 1e6 / rate,
            user_share: 0.5,
            busy: 1.0,
            others: 0.0,
            failures: Failures::default(),
        }
    }

    #[test]
    fn a_ratio_is_to_raw_of_the_same_round() {
        let samples = [
            sample(0, Server::Raw, 100.0),
            sample(0, Server::Tokio, 50.0),
            sample(1, Server::Raw, 10.0),
            sample(1, Server::Tokio, 9.0),
            sample(2, Server::Raw, 10.0),
            sample(2, Server::Tokio, 8.0),
            // Its raw was not measured any more.
            sample(3, Server::Tokio, 1000.0),
        ];
        let shape = "1x1".parse().unwrap();
        let cell = Cell::of(&samples, Server::Tokio, shape).unwrap();
        assert_eq!((cell.rounds, cell.per_second), (3, 9.0));
        assert_eq!((cell.ratio.median, cell.ratio.lowest, cell.ratio.highest), (0.8, 0.5, 0.9));
        assert!(Cell::of(&samples, Server::Mario, shape).is_none());
        let text = Summary::of(&samples, &[Server::Raw, Server::Tokio], &[shape]).to_string();
        assert!(text.contains("0.80 (0.50 to 0.90)"), "{text}");
    }
}
