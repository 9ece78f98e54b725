//! What the others lost by each fault, and what the server took.

use std::fmt;

use comfy_table::{Table, presets};
use indicatif::{BinaryBytes, HumanCount};
use serde::Serialize;

use super::fault::Fault;
use super::runner::{Failed, Sample};
use crate::commands::spread::Spread;
use crate::load::failure::Failures;
use crate::load::latencies::Micros;
use crate::report::bars::{Bar, Bars};
use crate::report::{Figure, Panel};

/// What all samples of one fault say.
#[derive(Debug, Serialize)]
struct Row {
    fault: Fault,
    /// Nothing if no round was measured to its end.
    #[serde(flatten)]
    figures: Option<Figures>,
    /// Why measurements failed.
    errors: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Figures {
    rounds: usize,
    /// How often the mischief was done, in the median.
    done: u64,
    /// What the others got a second, and to what they got without the fault in the same round.
    per_second: f64,
    ratio: Spread,
    /// How long it took, in microseconds, and without the fault.
    p99: f64,
    p99_without: f64,
    /// Which part of its cores' time the server used, and without the fault.
    busy: Option<f64>,
    busy_without: Option<f64>,
    /// Of the others, in all rounds.
    failures: Failures,
    /// The most bytes of the server that were resident, and what was known before.
    memory: u64,
    memory_bound: u64,
    /// Sockets that the server did not give back.
    sockets_left: usize,
}

/// All rows, fault by fault.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Summary {
    rows: Vec<Row>,
}

impl Summary {
    /// Of the rounds in which a fault was measured with it and without it, and of what failed.
    pub(super) fn of(samples: &[Sample], failed: &[Failed], faults: &[Fault]) -> Summary {
        let row = |fault: &Fault| Row {
            fault: *fault,
            figures: Figures::of(samples, *fault),
            errors: failed.iter().filter(|one| one.fault == *fault).map(|one| one.error.clone()).collect(),
        };
        let rows = faults.iter().map(row).filter(|row| row.figures.is_some() || !row.errors.is_empty());
        Summary { rows: rows.collect() }
    }

    /// How often each was measured, at least, that was measured at all.
    pub(super) fn rounds(&self) -> usize {
        self.measured().map(|(_, figures)| figures.rounds).min().unwrap_or_default()
    }

    /// Whether the others lost nothing, the server kept nothing and took no more than it said, and nothing failed.
    pub(super) fn is_good(&self) -> bool {
        self.rows
            .iter()
            .all(|row| row.errors.is_empty() && row.figures.as_ref().is_some_and(Figures::are_good))
    }

    pub(super) fn figures(&self) -> Vec<Figure> {
        let figure = |(fault, figures): (Fault, &Figures)| {
            let (ratio, deed) = (figures.ratio, fault.deed(figures.done));
            Figure::new(fault.name(), format_args!("{ratio}: {deed}"))
        };
        self.measured().map(figure).collect()
    }

    /// What is better seen than read.
    pub(super) fn panels(&self) -> Vec<Panel> {
        let bar = |(fault, figures): (Fault, &Figures)| {
            let Spread { median: value, lowest, highest } = figures.ratio;
            (fault.name().to_owned(), vec![Bar { series: 0, value, lowest, highest }])
        };
        let bars = Bars {
            title: "What others get a second while it goes wrong".into(),
            note: "To the same round without the fault, the median with the lowest and the highest: more is better."
                .into(),
            series: vec!["mario".to_owned()],
            groups: self.measured().map(bar).collect(),
        };
        vec![bars.panel()]
    }

    fn measured(&self) -> impl Iterator<Item = (Fault, &Figures)> {
        self.rows.iter().filter_map(|row| Some((row.fault, row.figures.as_ref()?)))
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rows.is_empty() {
            return f.write_str("no round was measured to its end");
        }
        writeln!(
            f,
            "What others get while it goes wrong; the ratio is to the same round without the fault: the median of {} rounds \
             (lowest to highest). The server's busy time is a part of its cores' time, with the fault and without: where it \
             is not busy, the others waited for the cores that they share with the mischief.\n",
            self.rounds()
        )?;
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_header([
            "fault",
            "what is done",
            "others a second",
            "ratio",
            "server busy",
            "p99",
            "without",
            "failures",
            "memory",
            "bound",
            "sockets left",
        ]);
        for row in &self.rows {
            table.add_row(row.cells());
        }
        write!(f, "{table}")
    }
}

impl Row {
    fn cells(&self) -> Vec<String> {
        let name = self.fault.name().to_owned();
        let errors = self.errors.join("; ");
        let Some(figures) = &self.figures else {
            let none = || "\u{2013}".to_owned();
            let mut cells = vec![name];
            cells.extend((0..6).map(|_| none()));
            cells.push(errors);
            cells.extend((0..3).map(|_| none()));
            return cells;
        };
        let failures = match (figures.failures.is_empty(), self.errors.is_empty()) {
            (true, true) => "none".to_owned(),
            (false, true) => figures.failures.to_string(),
            (true, false) => errors,
            (false, false) => format!("{}; {errors}", figures.failures),
        };
        vec![
            name,
            self.fault.deed(figures.done),
            HumanCount(figures.per_second.round() as u64).to_string(),
            figures.ratio.to_string(),
            figures.business(),
            Micros(figures.p99).to_string(),
            Micros(figures.p99_without).to_string(),
            failures,
            BinaryBytes(figures.memory).to_string(),
            BinaryBytes(figures.memory_bound).to_string(),
            figures.sockets_left.to_string(),
        ]
    }
}

impl Figures {
    fn of(samples: &[Sample], fault: Fault) -> Option<Figures> {
        let of = |is_there: bool| {
            samples.iter().filter(move |sample| sample.fault == fault && sample.is_there == is_there)
        };
        let pairs: Vec<(&Sample, &Sample)> = of(true)
            .filter_map(|with| Some((with, of(false).find(|without| without.round == with.round)?)))
            .collect();
        let median = |value: &dyn Fn(&(&Sample, &Sample)) -> Option<f64>| {
            Spread::of(pairs.iter().filter_map(value).collect()).map(|spread| spread.median)
        };
        let mut failures = Failures::default();
        for (with, _) in &pairs {
            failures.merge(with.failures.clone());
        }
        Some(Figures {
            rounds: pairs.len(),
            done: median(&|(with, _)| Some(with.done as f64))? as u64,
            per_second: median(&|(with, _)| Some(with.per_second))?,
            ratio: Spread::of(
                pairs.iter().map(|(with, without)| with.per_second / without.per_second).collect(),
            )?,
            p99: median(&|(with, _)| Some(with.p99))?,
            p99_without: median(&|(_, without)| Some(without.p99))?,
            busy: median(&|(with, _)| with.busy),
            busy_without: median(&|(_, without)| without.busy),
            failures,
            memory: pairs.iter().map(|(with, _)| with.memory).max()?,
            memory_bound: pairs.iter().map(|(with, _)| with.memory_bound).max()?,
            sockets_left: pairs.iter().map(|(with, _)| with.sockets_left).max()?,
        })
    }

    fn are_good(&self) -> bool {
        self.failures.is_empty() && self.sockets_left == 0 && self.memory <= self.memory_bound
    }

    /// How busy the server was, with the fault and without.
    fn business(&self) -> String {
        let percent =
            |part: Option<f64>| part.map_or("\u{2013}".to_owned(), |part| format!("{:.0} %", 100.0 * part));
        format!("{}, {}", percent(self.busy), percent(self.busy_without))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(round: usize, is_there: bool, per_second: f64) -> Sample {
        Sample {
            round,
            fault: Fault::Panics,
            is_there,
            done: 7,
            per_second,
            p99: 100.0,
            busy: Some(0.5),
            failures: Failures::default(),
            memory: 3,
            memory_bound: 4,
            sockets_left: 0,
        }
    }

    #[test]
    fn a_ratio_is_to_the_same_round_without_the_fault() {
        let mut samples = vec![
            sample(0, true, 50.0),
            sample(0, false, 100.0),
            sample(1, true, 9.0),
            sample(1, false, 10.0),
            // It was stopped before the other one.
            sample(2, true, 1000.0),
        ];
        let summary = Summary::of(&samples, &[], &[Fault::Panics, Fault::Hang]);
        assert_eq!((summary.rows.len(), summary.rounds()), (1, 2));
        assert!(summary.to_string().contains("0.70 (0.50 to 0.90) | 50 %, 50 % "), "{summary}");
        assert!(summary.is_good());
        samples[0].memory = 5;
        assert!(!Summary::of(&samples, &[], &[Fault::Panics]).is_good());
        samples[0].memory = 3;
        samples[2].sockets_left = 1;
        assert!(!Summary::of(&samples, &[], &[Fault::Panics]).is_good());
    }

    #[test]
    fn what_failed_takes_nothing_from_the_rest() {
        let failed = |fault| Failed { round: 1, fault, is_there: true, error: "nobody listens".to_owned() };
        let samples = [sample(0, true, 50.0), sample(0, false, 100.0), sample(1, false, 100.0)];
        let faults = [Fault::Panics, Fault::Hang];
        let summary = Summary::of(&samples, &[failed(Fault::Panics), failed(Fault::Hang)], &faults);
        assert_eq!((summary.rows.len(), summary.rounds()), (2, 1));
        assert!(!summary.is_good());
        let table = summary.to_string();
        let row = |name: &str| table.lines().find(|line| line.starts_with(&format!("| {name}"))).unwrap();
        assert!(row("panics").contains("0.50 (0.50 to 0.50)") && row("panics").contains("nobody listens"));
        assert!(row("hang").contains("nobody listens"));
    }
}
