//! Medians of ratios, and their tables.

use std::fmt;

use comfy_table::{Table, presets};
use indicatif::HumanCount;
use serde::Serialize;

use super::runner::Sample;
use crate::commands::contender::Contender;
use crate::commands::shape::Shape;
use crate::commands::spread::Spread;
use crate::report::Panel;
use crate::report::bars::{Bar, Bars};

/// What all samples of one server under one shape say.
#[derive(Debug, Serialize)]
struct Cell {
    server: Contender,
    shape: Shape,
    rounds: usize,
    per_second: f64,
    /// Replies or connections a second, to raw's of the same round.
    ratio: Spread,
    /// CPU time of each, to raw's of the same round; nothing if raw used so little that it was not counted.
    cpu_ratio: Option<Spread>,
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
    /// Of the rounds in which both a server and raw were measured, and raw did something.
    pub(super) fn of(samples: &[Sample], servers: &[Contender], shapes: &[Shape]) -> Summary {
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
            self.panel("Requests, or connections (cps), a second", faster, |cell| Some(cell.ratio)),
            self.panel("CPU time of the server for each", cheaper, |cell| cell.cpu_ratio),
        ]
    }

    /// The ratios of a server, shape by shape.
    pub(super) fn ratios(&self, server: Contender) -> String {
        let cells = self.cells.iter().filter(|cell| cell.server == server);
        let parts = cells.map(|cell| format!("{}: {}", cell.shape, cell.ratio));
        parts.collect::<Vec<_>>().join(", ")
    }

    /// One of the ratios as bars, a group a shape.
    fn panel(&self, title: &str, note: &str, ratio: fn(&Cell) -> Option<Spread>) -> Panel {
        let mut series: Vec<Contender> = self.cells.iter().map(|cell| cell.server).collect();
        series.dedup();
        let mut groups: Vec<(String, Vec<Bar>)> = Vec::new();
        for cell in &self.cells {
            let Some(Spread { median: value, lowest, highest }) = ratio(cell) else { continue };
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
        // One that failed early has fewer than the others.
        let mut shapes: Vec<Shape> = Vec::new();
        for cell in &self.cells {
            if !shapes.contains(&cell.shape) {
                shapes.push(cell.shape);
            }
        }
        table.set_header(std::iter::once(title.to_owned()).chain(shapes.iter().map(Shape::to_string)));
        for row in self.cells.chunk_by(|one, other| one.server == other.server) {
            let of = |shape: &Shape| row.iter().find(|cell| cell.shape == *shape);
            let name = row[0].server.name().to_owned();
            let texts = shapes.iter().map(|shape| of(shape).map_or_else(|| "–".into(), &text));
            table.add_row(std::iter::once(name).chain(texts));
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
        let cpu_ratio = |cell: &Cell| cell.cpu_ratio.map_or_else(|| "–".into(), |ratio| ratio.to_string());
        writeln!(f, "{}\n", self.table("as ratio", cpu_ratio))?;
        let user = |cell: &Cell| format!("{:.1} %", cell.user_share * 100.0);
        writeln!(f, "{}\n", self.table("of it outside the kernel", user))?;
        let busy = |cell: &Cell| format!("{:.0} %", cell.busy * 100.0);
        writeln!(f, "{}\n", self.table("server's cores busy", busy))?;
        let others = |cell: &Cell| format!("{:.0} %", cell.others * 100.0);
        write!(f, "{}", self.table("machine used by others", others))
    }
}

impl Cell {
    fn of(samples: &[Sample], server: Contender, shape: Shape) -> Option<Cell> {
        let of = |server: Contender| {
            samples.iter().filter(move |sample| sample.server == server && sample.shape == shape)
        };
        let raw = |round| of(Contender::Raw).find(|raw| raw.round == round && raw.per_second > 0.0);
        let pairs: Vec<(&Sample, &Sample)> =
            of(server).filter_map(|sample| Some((sample, raw(sample.round)?))).collect();
        let ratio = |value: fn(&Sample) -> f64| {
            let pairs = pairs.iter().map(|(sample, raw)| (value(sample), value(raw)));
            Spread::of(pairs.filter(|(_, raw)| *raw > 0.0).map(|(value, raw)| value / raw).collect())
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
            cpu_ratio: ratio(|sample| sample.cpu_each),
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

    fn sample(round: usize, server: Contender, rate: f64) -> Sample {
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
            sample(0, Contender::Raw, 100.0),
            sample(0, Contender::Tokio, 50.0),
            sample(1, Contender::Raw, 10.0),
            sample(1, Contender::Tokio, 9.0),
            sample(2, Contender::Raw, 10.0),
            sample(2, Contender::Tokio, 8.0),
            // Its raw did nothing, or was not measured any more.
            sample(3, Contender::Raw, 0.0),
            sample(3, Contender::Tokio, 1000.0),
            sample(4, Contender::Tokio, 1000.0),
        ];
        let shape = "1x1".parse().unwrap();
        let cell = Cell::of(&samples, Contender::Tokio, shape).unwrap();
        assert_eq!((cell.rounds, cell.per_second), (3, 9.0));
        assert_eq!((cell.ratio.median, cell.ratio.lowest, cell.ratio.highest), (0.8, 0.5, 0.9));
        assert!(Cell::of(&samples, Contender::Mario, shape).is_none());
        let text = Summary::of(&samples, &[Contender::Raw, Contender::Tokio], &[shape]).to_string();
        assert!(text.contains("0.80 (0.50 to 0.90)"), "{text}");
    }
}
