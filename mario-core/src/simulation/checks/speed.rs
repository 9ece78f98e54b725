//! Who has sent faster than it may.

use std::iter::once;
use std::time::Duration;

use crate::Rate;
use crate::simulation::settings::Settings;
use crate::simulation::wire::Wire;

/// What was sent until when.
type Sent = Vec<(Duration, usize)>;

/// Whether a client may be closed for its speed now, by a clock that is off by `late` at most.
pub(super) fn may_be_too_fast(wire: &Wire, settings: &Settings, now: Duration, late: Duration) -> bool {
    let between = |from, to: Duration| to.saturating_sub(from).saturating_sub(late);
    let are_bytes =
        bytes(wire, settings).is_some_and(|(rate, read)| excess(starts(&read), &read, between, rate));
    // A frame that was read and had to wait, for an answer or for room, counts when it is its turn.
    let handled: Sent = wire.handled.iter().copied().chain([(now, usize::MAX)]).collect();
    let are_frames = frames(wire, settings).is_some_and(|(rate, mut read)| {
        read.extend(read.last().map(|(_, total)| (now, *total)));
        excess(starts(&handled), &read, between, rate)
    });
    are_bytes || are_frames
}

/// Whether it must be, if it never had to wait.
pub(super) fn is_too_fast(wire: &Wire, settings: &Settings, late: Duration) -> bool {
    let between = |from, to: Duration| to.saturating_sub(from) + late;
    let sent = [bytes(wire, settings), frames(wire, settings)];
    sent.into_iter().flatten().any(|(rate, read)| excess(starts(&read), &read, between, rate))
}

/// The rate of bytes if it closes, and how many were read until when.
fn bytes(wire: &Wire, settings: &Settings) -> Option<(Rate, Sent)> {
    let begin = wire.expected.begin.unwrap_or(usize::MAX);
    let rate = settings.byte_rate.filter(|rate| !rate.pauses())?;
    Some((rate, read(wire, |read| read - begin)))
}

/// The same of frames.
fn frames(wire: &Wire, settings: &Settings) -> Option<(Rate, Sent)> {
    let rate = settings.frame_rate.filter(|rate| !rate.pauses())?;
    Some((rate, read(wire, |read| wire.frames(read))))
}

/// What the service has of it, in numbers `of` all bytes that were read.
fn read(wire: &Wire, of: impl Fn(usize) -> usize) -> Sent {
    let begin = wire.expected.begin.unwrap_or(usize::MAX);
    wire.reads.iter().filter(|(_, read)| *read > begin).map(|(at, read)| (*at, of(*read))).collect()
}

/// When there was more, and how much before.
fn starts(sent: &Sent) -> impl Iterator<Item = (Duration, usize)> {
    let before = once(0).chain(sent.iter().map(|(_, total)| *total));
    sent.iter().map(|(at, _)| *at).zip(before)
}

/// Whether there is a time, from one of the `starts` on, in which more was sent than a full bucket and what comes into it.
fn excess(
    mut starts: impl Iterator<Item = (Duration, usize)>,
    sent: &Sent,
    between: impl Fn(Duration, Duration) -> Duration,
    rate: Rate,
) -> bool {
    starts.any(|(from, before)| {
        let later = sent.iter().filter(|(to, total)| *to >= from && *total > before);
        later.into_iter().any(|(to, total)| {
            let brought = between(from, *to).as_secs_f64() * f64::from(rate.per_second);
            (total - before) as f64 > f64::from(rate.burst) + brought
        })
    })
}
