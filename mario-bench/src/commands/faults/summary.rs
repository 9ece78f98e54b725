//! What the others lost by each fault, and what the server took.

use std::fmt;

use comfy_table::{Table, presets};
use indicatif::{BinaryBytes, HumanCount};
use serde::Serialize;

use super::fault::Fault;
use super::runner::Sample;
use crate::commands::spread::Spread;
use crate::load::failure::Failures;
use crate::load::latencies::Micros;
use crate::report::bars::{Bar, Bars};
use crate::report::{Figure, Panel};

/// What all samples of one fault say.
#[derive(Debug, Serialize)]
struct Row {
    fault: Fault,
    rounds: usize,
    /// How often the mischief was done, in the median.
    done: u64,
    /// What the others got a second, and to what they got without the fault in the same round.
    per_second: f64,
    ratio: Spread,
    /// How long it took, in microseconds, and without the fault.
    p99: f64,
    p99_without: f64,
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
    /// Of the rounds in which a fault was measured with it and without it.
    pub(super) fn of(samples: &[Sample], faults: &[Fault]) -> Summary {
        Summary { rows: faults.iter().filter_map(|fault| Row::of(samples, *fault)).collect() }
    }

    /// How often each was measured.
    pub(super) fn rounds(&self) -> usize {
        self.rows.iter().map(|row| row.rounds).min().unwrap_or_default()
    }

    /// Whether the others lost nothing, and the server kept nothing and took no more than it said.
    pub(super) fn is_good(&self) -> bool {
        self.rows
            .iter()
            .all(|row| row.failures.is_empty() && row.sockets_left == 0 && row.memory <= row.memory_bound)
    }

    pub(super) fn figures(&self) -> Vec<Figure> {
        let figure = |row: &Row| {
            let (ratio, deed) = (row.ratio, row.fault.deed(row.done));
            Figure::new(row.fault.name(), format_args!("{ratio}: {deed}"))
        };
        self.rows.iter().map(figure).collect()
    }

    /// What is better seen than read.
    pub(super) fn panels(&self) -> Vec<Panel> {
        let bar = |row: &Row| {
            let Spread { median: value, lowest, highest } = row.ratio;
            (row.fault.name().to_owned(), vec![Bar { series: 0, value, lowest, highest }])
        };
        let bars = Bars {
            title: "What others get a second while it goes wrong".into(),
            note: "To the same round without the fault, the median with the lowest and the highest: more is better."
                .into(),
            series: vec!["mario".to_owned()],
            groups: self.rows.iter().map(bar).collect(),
        };
        vec![bars.panel()]
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
             (lowest to highest).\n",
            self.rounds()
        )?;
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_header([
            "fault",
            "what is done",
            "others a second",
            "ratio",
            "p99",
            "without",
            "failures",
            "memory",
            "bound",
            "sockets left",
        ]);
        for row in &self.rows {
            let failures = if row.failures.is_empty() { "none".to_owned() } else { row.failures.to_string() };
            table.add_row([
                row.fault.name().to_owned(),
                row.fault.deed(row.done),
                HumanCount(row.per_second.round() as u64).to_string(),
                row.ratio.to_string(),
                Micros(row.p99).to_string(),
                Micros(row.p99_without).to_string(),
                failures,
                BinaryBytes(row.memory).to_string(),
                BinaryBytes(row.memory_bound).to_string(),
                row.sockets_left.to_string(),
            ]);
        }
        write!(f, "{table}")
    }
}

impl Row {
    fn of(samples: &[Sample], fault: Fault) -> Option<Row> {
        let of = |is_there: bool| {
            samples.iter().filter(move |sample| sample.fault == fault && sample.is_there == is_there)
        };
        let pairs: Vec<(&Sample, &Sample)> = of(true)
            .filter_map(|with| Some((with, of(false).find(|without| without.round == with.round)?)))
            .collect();
        let median = |value: &dyn Fn(&(&Sample, &Sample)) -> f64| {
            Spread::of(pairs.iter().map(value).collect()).map(|spread| spread.median)
        };
        let mut failures = Failures::default();
        for (with, _) in &pairs {
            failures.merge(with.failures.clone());
        }
        Some(Row {
            fault,
            rounds: pairs.len(),
            done: median(&|(with, _)| with.done as f64)? as u64,
            per_second: median(&|(with, _)| with.per_second)?,
            ratio: Spread::of(
                pairs.iter().map(|(with, without)| with.per_second / without.per_second).collect(),
            )?,
            p99: median(&|(with, _)| with.p99)?,
            p99_without: median(&|(_, without)| without.p99)?,
            failures,
            memory: pairs.iter().map(|(with, _)| with.memory).max()?,
            memory_bound: pairs.iter().map(|(with, _)| with.memory_bound).max()?,
            sockets_left: pairs.iter().map(|(with, _)| with.sockets_left).max()?,
        })
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
        let summary = Summary::of(&samples, &[Fault::Panics, Fault::Hang]);
        assert_eq!((summary.rows.len(), summary.rounds()), (1, 2));
        assert!(summary.to_string().contains("0.70 (0.50 to 0.90)"), "{summary}");
        assert!(summary.is_good());
        samples[0].memory = 5;
        assert!(!Summary::of(&samples, &[Fault::Panics]).is_good());
        samples[0].memory = 3;
        samples[2].sockets_left = 1;
        assert!(!Summary::of(&samples, &[Fault::Panics]).is_good());
    }
}
