//! Connections a second, in a closed loop: connect, log in, close, and again, on so many at once.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::load::counters::{Counters, Counts};
use crate::load::crew;
use crate::load::failure::{Failure, Failures};
use crate::load::fleet::{Close, Fleet, Manner, News};
use crate::load::latencies::Latencies;
use crate::load::sources;
use crate::load::timeline::Timeline;
use crate::system::limits;
use crate::system::stop::Stop;

/// How often a thread looks whether it shall stop.
const GLANCE: Duration = Duration::from_millis(50);

/// A load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CpsLoad {
    pub(crate) server: SocketAddr,
    /// Connections at once.
    pub(crate) connections: usize,
    pub(crate) threads: usize,
    /// Not measured.
    pub(crate) warm_up: Duration,
    /// Measured.
    pub(crate) duration: Duration,
    /// How long a connection may take until it is logged in.
    pub(crate) timeout: Duration,
    pub(crate) close: Close,
}

/// What came of a load.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Connections while it was measured.
    pub(crate) connections: u64,
    /// Connections in all, the warm-up included.
    pub(crate) all_connections: u64,
    /// How long it was measured.
    pub(crate) measured: Duration,
    /// From connecting to the reply.
    pub(crate) latencies: Latencies,
    pub(crate) failures: Failures,
    pub(crate) timeline: Timeline,
}

impl Outcome {
    /// Connections a second while it was measured.
    pub(crate) fn rate(&self) -> f64 {
        if self.measured.is_zero() { 0.0 } else { self.connections as f64 / self.measured.as_secs_f64() }
    }
}

impl CpsLoad {
    /// Runs the load to its end, or until it is stopped, or nothing works any more; `watch` is told of its progress.
    ///
    /// # Errors
    /// The system has no threads or descriptors for it.
    pub(crate) fn run(self, stop: &Stop, mut watch: impl FnMut(Counts)) -> anyhow::Result<Outcome> {
        limits::need_connections(
            self.connections,
            self.server,
            sources::of_threads(self.server, self.threads),
        )?;
        let counters = Counters::default();
        let mut timeline = Timeline::begin();
        let from = Instant::now() + self.warm_up;
        let until = from + self.duration;
        let jobs = (0..self.threads).map(|thread| {
            let loops = Loops { load: self, thread, from, until, counters: &counters };
            move || loops.run(stop)
        });
        let tallies = crew::run(jobs, |_| {
            let counts = counters.read();
            timeline.add(counts);
            watch(counts);
        })?;
        let measured = Instant::now().min(until).saturating_duration_since(from);
        let mut latencies = Latencies::new();
        let mut failures = Failures::default();
        for tally in tallies {
            latencies.merge(&tally.latencies);
            failures.merge(tally.failures);
        }
        Ok(Outcome {
            connections: latencies.count(),
            all_connections: counters.read().opened,
            measured,
            latencies,
            failures,
            timeline,
        })
    }
}

/// What one thread does.
struct Loops<'a> {
    load: CpsLoad,
    thread: usize,
    from: Instant,
    until: Instant,
    counters: &'a Counters,
}

struct Tally {
    latencies: Latencies,
    failures: Failures,
}

impl Loops<'_> {
    fn run(self, stop: &Stop) -> anyhow::Result<Tally> {
        let CpsLoad { server, connections, threads, timeout, close, .. } = self.load;
        let mut fleet = Fleet::new(Manner { server, close, timeout }, self.thread)?;
        let mut tally = Tally { latencies: Latencies::new(), failures: Failures::default() };
        let mut news = Vec::new();
        let share = connections / threads + usize::from(self.thread < connections % threads);
        let mut now = Instant::now();
        let mut last = now;
        // Those that wait too long are counted before it ends for them.
        let patience = timeout + 2 * GLANCE;
        while now < self.until && now - last < patience && !self.ends(stop) {
            // Not until there are as many: one that is refused at once would be dialled for ever.
            for _ in fleet.len()..share {
                fleet.dial(Instant::now());
            }
            fleet.wait((self.until - now).min(GLANCE), &mut news)?;
            now = Instant::now();
            for news in news.drain(..) {
                match news {
                    News::LoggedIn { line, took } => {
                        fleet.close(line);
                        last = now;
                        self.counters.add_opened(1);
                        self.counters.add_closed();
                        if (self.from..self.until).contains(&now) {
                            tally.latencies.record(took);
                        }
                    }
                    News::Answered { .. } => {}
                    // It was answered, and its server, which ends, has closed it before this could.
                    News::Failed { was_open: true, failure: Failure::Closed } => {}
                    News::Failed { was_open, failure } => {
                        self.counters.add_failure(was_open);
                        tally.failures.add(failure);
                    }
                }
            }
        }
        Ok(tally)
    }

    fn ends(&self, stop: &Stop) -> bool {
        stop.is_asked() || self.counters.is_hopeless()
    }
}
