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
    /// Why it ended early, unless it was stopped.
    pub(crate) error: Option<anyhow::Error>,
}

impl Outcome {
    /// Whether there were pushes, and all of them arrived.
    pub(crate) fn is_good(&self) -> bool {
        self.error.is_none() && self.pushes > 0 && self.missing == 0
    }

    /// Pushes a second while it was measured.
    pub(crate) fn rate(&self) -> f64 {
        if self.measured.is_zero() { 0.0 } else { self.pushes as f64 / self.measured.as_secs_f64() }
    }
}

impl PushLoad {
    /// Runs it to its end, or until it is stopped or fails; `watch` is told how long it has run.
    ///
    /// # Errors
    /// So many connections never could be had, or a thread failed.
    pub(crate) fn run(
        self,
        scale: &Scale,
        stop: &Stop,
        mut watch: impl FnMut(Duration, &Counters),
    ) -> anyhow::Result<Outcome> {
        let frame = wire::echo(self.payload).with_context(|| {
            format!("a payload of {} bytes fits no frame: at most 65,527 do", self.payload)
        })?;
        let payload = frame[wire::HEADER..].to_vec();
        let crowd = Crowd::gather(self.server, self.crowd, frame, stop)?;
        let mut outcome = Outcome::none();
        if crowd.is_whole() {
            let pushed = self.push(&crowd, &payload, scale, stop, &mut outcome, &mut watch);
            outcome.error = pushed.err();
        }
        outcome.failures = crowd.part()?;
        Ok(outcome)
    }

    /// Has the gateway push. What there was until it failed is in `outcome`.
    fn push(
        &self,
        crowd: &Crowd,
        payload: &[u8],
        scale: &Scale,
        stop: &Stop,
        outcome: &mut Outcome,
        watch: &mut impl FnMut(Duration, &Counters),
    ) -> anyhow::Result<()> {
        let Manner { timeout, .. } = self.crowd;
        let operator = operator::connect(self.server, timeout)?;
        let began = Instant::now();
        operator.request(Push { threads: self.threads, payload }).context("asking for pushes")?;
        let mut wait = |until: Duration| {
            while began.elapsed() < until && !stop.is_asked() && crowd.counts().failures == 0 {
                thread::sleep(GLANCE);
                outcome.timeline.add(crowd.counts());
                watch(began.elapsed(), crowd.counters());
            }
            (Instant::now(), crowd.counts(), scale.weigh())
        };
        let (from, Counts { replies: before, .. }, weight) = wait(self.warm_up);
        let (until, Counts { replies: after, .. }, weight_then) = wait(self.warm_up + self.duration);
        outcome.pushes = after - before;
        outcome.measured = until - from;
        outcome.server_cpu = weight_then.cpu_since(&weight);
        outcome.pushed = operator.request(Rest).context("asking for an end of the pushes")?;
        // Who has been asked to stop still waits for these.
        crowd.await_frames(outcome.pushed.accepted, timeout, &Stop::never());
        outcome.missing = outcome.pushed.accepted.saturating_sub(crowd.counts().replies);
        Ok(())
    }
}

impl Outcome {
    fn none() -> Outcome {
        Outcome {
            pushes: 0,
            measured: Duration::ZERO,
            pushed: Pushed::default(),
            missing: 0,
            server_cpu: None,
            failures: Failures::default(),
            timeline: Timeline::begin(),
            error: None,
        }
    }
}
