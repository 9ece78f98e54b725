//! Very many connections: opened, held, some of them closed and opened again, some of them asked.
//!
//! Each thread holds its share. They open it as fast as they can, wait for one another, then keep the rates that were
//! asked for, and at the end wait again, until all that is open has been weighed.

mod thread;

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Acquire};
use std::time::{Duration, Instant};

use self::thread::{Holder, Tally};
use crate::load::counters::{Counters, Counts};
use crate::load::crew;
use crate::load::failure::Failures;
use crate::load::fleet::Close;
use crate::load::latencies::Latencies;
use crate::load::timeline::Timeline;
use crate::system::stop::Stop;
use crate::system::weight::{Scale, Weight};

/// A load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HoldLoad {
    pub(crate) server: SocketAddr,
    pub(crate) connections: usize,
    pub(crate) threads: usize,
    /// Whether each thread keeps a descriptor table of its own, as one is too small for all.
    pub(crate) private_descriptors: bool,
    /// Connections that are about to be opened at once, until all are.
    pub(crate) dialing: usize,
    /// How long it may take until all are open.
    pub(crate) opening: Duration,
    /// Connections closed, and as many opened, a second.
    pub(crate) churn: f64,
    /// Requests a second.
    pub(crate) requests: f64,
    /// How long they are held once all are open.
    pub(crate) duration: Duration,
    /// How long it may take until a connection is logged in, and until a reply.
    pub(crate) timeout: Duration,
    pub(crate) close: Close,
}

/// How far a load is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stage {
    /// The connections are being opened.
    Opening,
    /// All are open, since so long.
    Holding(Duration),
}

/// What came of a load.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// How long it took to open all; nothing if that was not reached.
    pub(crate) opening: Option<Duration>,
    /// How long they were held.
    pub(crate) held: Duration,
    /// Closes and requests that were due meanwhile, and never done.
    pub(crate) missed: u64,
    /// When that began, in seconds of the timeline.
    pub(crate) held_from: f64,
    /// Counted when all were open, and at the end.
    pub(crate) counts: [Counts; 2],
    /// Weighed before the first connection, when all were open, and at the end.
    pub(crate) weights: [Weight; 3],
    /// From connecting to the reply, until all were open.
    pub(crate) opened: Latencies,
    /// From when a connection was due to the reply to its login, while they were held.
    pub(crate) reopened: Latencies,
    /// From when a request was due to its reply.
    pub(crate) replies: Latencies,
    pub(crate) failures: Failures,
    pub(crate) timeline: Timeline,
}

/// What the threads and the one that watches them tell each other.
#[derive(Default)]
struct Meeting {
    counters: Counters,
    /// Threads that have opened their share, and those that have come to the end. Who sees them sees their counts too.
    full: AtomicUsize,
    done: AtomicUsize,
    /// When all had.
    hold_from: OnceLock<Instant>,
    /// All has been weighed.
    over: OnceLock<()>,
}

impl HoldLoad {
    /// Runs the load to its end, or until it is stopped, or nothing works any more; `watch` is told of its progress.
    ///
    /// # Errors
    /// The system has no threads or descriptors for it.
    pub(crate) fn run(
        self,
        scale: &Scale,
        stop: &Stop,
        mut watch: impl FnMut(Stage, Counts),
    ) -> anyhow::Result<Outcome> {
        let meeting = Meeting::default();
        let mut timeline = Timeline::begin();
        let began = Instant::now();
        let empty = scale.weigh();
        let mut at_full = None;
        let mut at_end = None;
        let mut ended = None;

        let jobs = (0..self.threads).map(|thread| {
            let holder = Holder { load: self, thread, meeting: &meeting, stop };
            move || holder.run()
        });
        let tallies = crew::run(jobs, |one_has_ended| {
            let counts = meeting.counters.read();
            timeline.add(counts);
            let is_late = meeting.hold_from.get().is_none() && began.elapsed() > self.opening;
            let gives_up = one_has_ended || stop.is_asked() || meeting.counters.is_hopeless() || is_late;
            match meeting.hold_from.get() {
                None => watch(Stage::Opening, counts),
                Some(from) => watch(Stage::Holding(from.elapsed().min(self.duration)), counts),
            }
            if at_full.is_none() && meeting.full.load(Acquire) == self.threads {
                at_full = Some((Instant::now(), meeting.counters.read(), scale.weigh()));
                let _ = meeting.hold_from.set(Instant::now());
            }
            if at_end.is_none() && (gives_up || meeting.done.load(Acquire) == self.threads) {
                ended = Some(Instant::now());
                let counts = meeting.counters.read();
                timeline.add(counts);
                at_end = Some((counts, scale.weigh()));
                let _ = meeting.over.set(());
            }
        })?;

        let ended = ended.unwrap_or_else(Instant::now);
        let (end, end_weight) = at_end.unwrap_or_else(|| (meeting.counters.read(), scale.weigh()));
        let sum = Tally::sum(tallies);
        let from = meeting.hold_from.get();
        // A load that fell behind took longer than was wanted.
        let until = from.map(|from| ended.min((*from + self.duration).max(sum.busy_until)));
        Ok(Outcome {
            opening: at_full.as_ref().map(|(at, ..)| *at - began),
            held: from.zip(until).map_or(Duration::ZERO, |(from, until)| until - *from),
            missed: sum.missed,
            held_from: timeline.seconds(from.copied().unwrap_or(ended)),
            counts: [at_full.map_or(end, |(_, counts, _)| counts), end],
            weights: [empty, at_full.map_or(end_weight, |(.., weight)| weight), end_weight],
            opened: sum.opened,
            reopened: sum.reopened,
            replies: sum.replies,
            failures: sum.failures,
            timeline,
        })
    }
}
