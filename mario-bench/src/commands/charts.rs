//! The charts that several commands have.

use indicatif::HumanBytes;

use crate::load::counters::Counts;
use crate::load::latencies::Latencies;
use crate::load::timeline::Timeline;
use crate::report::Panel;
use crate::report::axis::{Scale, percentile, short, time, trimmed};
use crate::report::lines::{Direction, Lines, Series};

const SECONDS: Direction =
    Direction { scale: Scale::Tight, text: |seconds| format!("{} s", trimmed(seconds)) };
const COUNT: Direction = Direction { scale: Scale::Linear, text: short };

/// Latency by percentile.
pub(super) fn latencies(latencies: &[(&str, &Latencies)]) -> Panel {
    let series = latencies.iter().map(|(name, latencies)| Series::new(*name, latencies.curve()));
    Lines {
        title: "Latency by percentile".into(),
        note: "So many percent took no longer than this. Each step to the right is ten times rarer.".into(),
        x: Direction { scale: Scale::Nines, text: percentile },
        y: Direction { scale: Scale::Log, text: time },
        series: series.collect(),
        marks: vec![],
        filled: false,
    }
    .panel()
}

/// A counter with its name.
pub(super) type Counter<'a> = (&'a str, fn(&Counts) -> u64);

/// How fast counters grew over time, from a second of the timeline on.
pub(super) fn rates(timeline: &Timeline, from: f64, counters: &[Counter<'_>]) -> Panel {
    let series = counters.iter().map(|(name, counter)| {
        let points = timeline.rate(counter).into_iter();
        Series::new(*name, points.filter(|(seconds, _)| *seconds > from).collect())
    });
    Lines {
        title: "Rates over time".into(),
        note: "A second.".into(),
        x: SECONDS,
        y: COUNT,
        series: series.collect(),
        marks: vec![],
        filled: false,
    }
    .panel()
}

/// Open connections over time.
pub(super) fn held(timeline: &Timeline, marks: Vec<(f64, String)>) -> Panel {
    Lines {
        title: "Connections over time".into(),
        note: "Logged in, and open.".into(),
        x: SECONDS,
        y: COUNT,
        series: vec![Series::new("connections", timeline.held())],
        marks,
        filled: true,
    }
    .panel()
}

/// Memory by connections: of the server, if it was weighed, and of the kernel.
pub(super) fn memory(weights: impl Iterator<Item = (usize, Option<u64>, u64)> + Clone) -> Panel {
    let server =
        weights.clone().filter_map(|(count, server, _)| Some((count as f64, server? as f64))).collect();
    let kernel = weights.map(|(count, _, kernel)| (count as f64, kernel as f64)).collect();
    Lines {
        title: "Memory by connections".into(),
        note: "Of the server what is resident, of the kernel its small objects, those of other programs too."
            .into(),
        x: COUNT,
        y: Direction { scale: Scale::Linear, text: |bytes| HumanBytes(bytes as u64).to_string() },
        series: vec![Series::new("server", server), Series::new("kernel", kernel)],
        marks: vec![],
        filled: false,
    }
    .panel()
}
