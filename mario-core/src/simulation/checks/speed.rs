//! Who has sent faster than it may.

use std::time::Duration;

use crate::Rate;
use crate::simulation::settings::Settings;
use crate::simulation::wire::Wire;

/// Whether a client may be closed for its speed, by a clock that is off by `late` at most.
pub(super) fn may_be_too_fast(wire: &Wire, settings: &Settings, late: Duration) -> bool {
    rates(wire, settings)
        .any(|(rate, sent)| excess(&sent, |from, to| to.saturating_sub(from).saturating_sub(late), rate))
}

/// Whether it must be.
pub(super) fn is_too_fast(wire: &Wire, settings: &Settings, late: Duration) -> bool {
    rates(wire, settings).any(|(rate, sent)| excess(&sent, |from, to| to.saturating_sub(from) + late, rate))
}

/// Rates that close, each with what was sent when.
fn rates<'w>(
    wire: &'w Wire,
    settings: &Settings,
) -> impl Iterator<Item = (Rate, Vec<(Duration, usize)>)> + use<'w> {
    let begin = wire.expected.begin.unwrap_or(usize::MAX);
    let reads = || wire.reads.iter().filter(move |(_, read)| *read > begin);
    let frames = |read: usize| wire.expected.steps.iter().filter(|step| step.end <= read).count();
    let sent = |of: &dyn Fn(usize) -> usize| reads().map(|(at, read)| (*at, of(*read))).collect();
    let frames = settings.frame_rate.map(|rate| (rate, sent(&frames)));
    let bytes = settings.byte_rate.map(|rate| (rate, sent(&|read| read - begin)));
    frames.into_iter().chain(bytes).filter(|(rate, _)| !rate.pauses())
}

/// Whether there is a time in which more was sent than a full bucket and what comes into it.
fn excess(sent: &[(Duration, usize)], between: impl Fn(Duration, Duration) -> Duration, rate: Rate) -> bool {
    let starts =
        sent.iter().enumerate().map(|(place, (at, _))| (*at, if place == 0 { 0 } else { sent[place - 1].1 }));
    starts.into_iter().any(|(from, before)| {
        let later = sent.iter().filter(|(to, total)| *to >= from && *total > before);
        later.into_iter().any(|(to, total)| {
            let brought = between(from, *to).as_secs_f64() * f64::from(rate.per_second);
            (total - before) as f64 > f64::from(rate.burst) + brought
        })
    })
}
