//! Pushes by threads to connections that do nothing but read: how many a server takes.
//!
//! Who pushes is in the server's own process: here are the connections, and the operator who has it begin and rest.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::load::counters::{Counters, Counts};
use crate::load::crowd::{Crowd, Manner};
use crate::load::failure::Failures;
use crate::load::operator;
use crate::load::timeline::Timeline;
use crate::orders::{Push, Pushed, Rest};
use crate::system::stop::Stop;
use crate::system::weight::{CpuUse, Scale};
use crate::wire;

/// How often it is looked how far it is.
const GLANCE: Duration = Duration::from_millis(25);

/// A load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PushLoad {
    /// The gateway.
    pub(crate) server: SocketAddr,
    /// Who is pushed to, one after another.
    pub(crate) crowd: Manner,
    /// Bytes of a push beside its header.
    pub(crate) payload: usize,
    /// Threads that push.
    pub(crate) threads: u8,
    /// Not measured.
    pub(crate) warm_up: Duration,
    /// Measured.
    pub(crate) duration: Duration,
}

/// What came of it.
pub(crate) struct Outcome {
    /// Pushes that arrived while it was measured.
    pub(crate) pushes: u64,
    /// How long it was measured: less than was wanted if it was stopped.
    pub(crate) measured: Duration,
    /// What was pushed in all.
    pub(crate) pushed: Pushed,
    /// Pushes that were accepted and did not arrive.
    pub(crate) missing: u64,
    /// While it was measured.
    pub(crate) server_cpu: Option<CpuUse>,
    pub(crate) failures: Failures,
    pub(crate) timeline: Timeline,
}

impl Outcome {
    /// Pushes a second while it was measured.
    pub(crate) fn rate(&self) -> f64 {
        if self.measured.is_zero() { 0.0 } else { self.pushes as f64 / self.measured.as_secs_f64() }
    }
}

impl PushLoad {
    /// Runs it to its end, or until it is stopped; `watch` is told how long it has run.
    ///
    /// # Errors
    /// A connection can't be had, or the operator is not answered.
    pub(crate) fn run(
        self,
        scale: &Scale,
        stop: &Stop,
        mut watch: impl FnMut(Duration, &Counters),
    ) -> anyhow::Result<Outcome> {
        let Manner { timeout, .. } = self.crowd;
        let frame = wire::echo(self.payload).with_context(|| {
            format!("a payload of {} bytes fits no frame: at most 65,527 do", self.payload)
        })?;
        let payload = frame[wire::HEADER..].to_vec();
        let crowd = Crowd::gather(self.server, self.crowd, frame)?;
        let operator = operator::connect(self.server, timeout)?;
        let mut timeline = Timeline::begin();
        let began = Instant::now();
        operator.request(Push { threads: self.threads, payload: &payload }).context("asking for pushes")?;
        let mut wait = |until: Duration| {
            while began.elapsed() < until && !stop.is_asked() && crowd.counts().failures == 0 {
                thread::sleep(GLANCE);
                timeline.add(crowd.counts());
                watch(began.elapsed(), crowd.counters());
            }
            (Instant::now(), crowd.counts(), scale.weigh())
        };
        let (from, Counts { replies: before, .. }, weight) = wait(self.warm_up);
        let (until, Counts { replies: after, .. }, weight_then) = wait(self.warm_up + self.duration);
        let pushed = operator.request(Rest).context("asking for an end of the pushes")?;
        crowd.await_frames(pushed.accepted, timeout);
        let arrived = crowd.counts().replies;
        Ok(Outcome {
            pushes: after - before,
            measured: until - from,
            pushed,
            missing: pushed.accepted.saturating_sub(arrived),
            server_cpu: weight_then.cpu_since(&weight),
            failures: crowd.part()?,
            timeline,
        })
    }
}
