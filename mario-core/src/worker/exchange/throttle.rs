//! How fast each connection may send: it is read no faster, or closed.

use std::collections::TryReserveError;
use std::time::Duration;

use super::{Connection, Exchange, Turn};
use crate::link::Phase;
use crate::net::Stream;
use crate::parts::buffers::SEGMENT;
use crate::parts::deadlines::Deadlines;
use crate::parts::rate::{Bucket, Rate};
use crate::reason::Reason;
use crate::service::Service;

/// How fast each connection may send; `None` is no limit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) frames: Option<Rate>,
    pub(crate) bytes: Option<Rate>,
}

/// The tokens of a worker's connections, and when those go on that have none.
pub(super) struct Throttle {
    frames: Option<Meter>,
    bytes: Option<Meter>,
    /// What one read takes at most. Frames for which there is no token wait in the pool of input, so where they are counted
    /// it is as much as a connection's share of that.
    piece: usize,
    resumes: Deadlines,
    /// How many of them are set.
    waiting: usize,
    /// How often to look at most.
    interval: Duration,
    next_sweep: Duration,
}

/// What becomes of a connection that has spent its tokens.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    GoesOn,
    Waits(Duration),
    Ends,
}

impl Throttle {
    /// The throttle of so many slots, if there are limits; an error if so much memory can't be had.
    pub(super) fn new(
        limits: Limits,
        max_packet: u16,
        slots: usize,
    ) -> Result<Option<Self>, TryReserveError> {
        let Limits { frames, bytes } = limits;
        let Some(interval) = [frames, bytes].into_iter().flatten().map(interval).min() else {
            return Ok(None);
        };
        Ok(Some(Throttle {
            frames: frames.map(|rate| Meter::new(rate, slots)).transpose()?,
            bytes: bytes.map(|rate| Meter::new(rate, slots)).transpose()?,
            piece: if frames.is_some() { SEGMENT.max(max_packet.into()) } else { usize::MAX },
            resumes: Deadlines::new(slots)?,
            waiting: 0,
            interval,
            next_sweep: Duration::ZERO,
        }))
    }

    /// What the throttle of so many slots takes, if there are limits.
    pub(super) fn bytes(limits: Limits, slots: usize) -> usize {
        match [limits.frames, limits.bytes].into_iter().flatten().count() {
            0 => 0,
            meters => slots * meters * size_of::<Bucket>() + Deadlines::bytes(slots),
        }
    }

    /// How many frames a connection may have handled now.
    pub(super) fn frames(&mut self, slot: u32, now: Duration) -> u64 {
        self.frames.as_mut().map_or(u64::MAX, |frames| frames.tokens(slot, now))
    }

    /// How many bytes the next read of a connection may take, at least one.
    pub(super) fn room(&mut self, slot: u32, now: Duration) -> usize {
        let tokens = match &mut self.bytes {
            Some(bytes) if bytes.rate.pauses() => bytes.tokens(slot, now),
            _ => u64::MAX,
        };
        usize::try_from(tokens).unwrap_or(usize::MAX).clamp(1, self.piece)
    }

    /// Whether a frame for which there is no token ends its connection.
    pub(super) fn ends_for_frames(&self) -> bool {
        self.frames.as_ref().is_some_and(|frames| !frames.rate.pauses())
    }

    /// Takes the tokens for what a connection has sent.
    fn spend(&mut self, slot: u32, frames: u64, bytes: u64, now: Duration) -> Verdict {
        let mut verdict = Verdict::GoesOn;
        for (meter, count) in [(&mut self.frames, frames), (&mut self.bytes, bytes)] {
            let Some(meter) = meter else { continue };
            verdict = match (meter.spend(slot, count, now), verdict) {
                (Verdict::Waits(one), Verdict::Waits(other)) => Verdict::Waits(one.max(other)),
                (Verdict::GoesOn, other) => other,
                (verdict, _) => verdict,
            };
        }
        verdict
    }

    fn wait(&mut self, slot: u32, wait: Duration, now: Duration) {
        // A deadline is cut to its millisecond.
        let wait = wait + Duration::from_millis(1);
        let sweep = now + wait.max(self.interval);
        self.next_sweep = if self.waiting == 0 { sweep } else { sweep.min(self.next_sweep) };
        self.waiting += usize::from(!self.resumes.is_set(slot));
        self.resumes.set(slot, now, wait);
    }

    fn forget(&mut self, slot: u32) {
        self.waiting -= usize::from(self.resumes.is_set(slot));
        self.resumes.clear(slot);
    }

    /// A connection that goes on.
    fn resumed(&mut self, now: Duration) -> Option<u32> {
        if self.waiting == 0 || now < self.next_sweep {
            return None;
        }
        let slot = self.resumes.expired(now);
        match slot {
            Some(_) => self.waiting -= 1,
            None => self.next_sweep = now + self.interval,
        }
        slot
    }
}

/// How often to look for those who go on: often enough that no bucket is full before.
fn interval(rate: Rate) -> Duration {
    let [shortest, longest] = [1, 10].map(Duration::from_millis);
    let time_of_burst = Duration::from_secs(1) * rate.burst / rate.per_second;
    (time_of_burst / 2).clamp(shortest, longest)
}

/// Tokens of one kind, for each slot.
struct Meter {
    rate: Rate,
    buckets: Vec<Bucket>,
}

impl Meter {
    fn new(rate: Rate, slots: usize) -> Result<Self, TryReserveError> {
        let mut buckets = Vec::new();
        buckets.try_reserve_exact(slots)?;
        Ok(Meter { rate, buckets })
    }

    /// A new connection has all tokens.
    fn fill(&mut self, slot: u32, now: Duration) {
        let (slot, full) = (slot as usize, Bucket::full(self.rate, now));
        match self.buckets.get_mut(slot) {
            Some(bucket) => *bucket = full,
            None => self.buckets.resize(slot + 1, full),
        }
    }

    fn tokens(&mut self, slot: u32, now: Duration) -> u64 {
        self.buckets.get_mut(slot as usize).map_or(0, |bucket| bucket.tokens(self.rate, now))
    }

    fn spend(&mut self, slot: u32, count: u64, now: Duration) -> Verdict {
        let Some(bucket) = self.buckets.get_mut(slot as usize) else { return Verdict::GoesOn };
        let tokens = bucket.tokens(self.rate, now);
        bucket.take(count);
        match (self.rate.pauses(), count.cmp(&tokens)) {
            (true, std::cmp::Ordering::Less) => Verdict::GoesOn,
            (true, _) => Verdict::Waits(bucket.wait(self.rate, 1)),
            (false, std::cmp::Ordering::Greater) => Verdict::Ends,
            (false, _) => Verdict::GoesOn,
        }
    }
}

impl<S: Service> Exchange<S> {
    /// A connection has got its slot.
    pub(super) fn fill_buckets(&mut self, slot: u32) {
        let now = self.timers().now();
        if let Some(throttle) = &mut self.throttle {
            throttle.forget(slot);
            for meter in [&mut throttle.frames, &mut throttle.bytes].into_iter().flatten() {
                meter.fill(slot, now);
            }
        }
    }

    /// A connection has sent so much; if that was too fast, it has to wait, or ends.
    #[cold]
    pub(super) fn hold_back<T: Stream>(
        &mut self,
        connection: &mut Connection<S, T>,
        frames: u64,
        bytes: usize,
    ) {
        let (slot, peer, now) = (connection.link.id.key().index, connection.link.peer, self.timers().now());
        let Some(throttle) = self.throttle.as_mut().filter(|_| connection.link.phase() == Phase::Open) else {
            return;
        };
        match throttle.spend(slot, frames, bytes as u64, now) {
            Verdict::GoesOn => {}
            Verdict::Waits(wait) => {
                throttle.wait(slot, wait, now);
                if !connection.link.set_throttled(true) {
                    self.counters.throttled.add(1);
                    self.fast.warn(now, format_args!("{peer} sends faster than it may, and has to wait"));
                }
            }
            Verdict::Ends => self.end(connection, Reason::TooFast),
        }
    }

    /// Handles what was read of a connection and waits for tokens, without them: there will be no other time.
    pub(super) fn forgive<T: Stream>(&mut self, connection: &mut Connection<S, T>) {
        while connection.link.set_throttled(false) {
            self.fill_buckets(connection.link.id.key().index);
            self.receive(connection, 0);
        }
    }

    /// A connection ends: it waits no more, and is read to its end as any other.
    pub(super) fn let_loose<T>(&mut self, connection: &mut Connection<S, T>, reason: Reason) {
        let link = &mut connection.link;
        link.set_throttled(false);
        link.set_awaits_answer(false);
        if let Some(throttle) = &mut self.throttle {
            throttle.forget(link.id.key().index);
        }
        if reason == Reason::TooFast {
            self.counters.too_fast.add(1);
            let now = self.desk.locals.timers.now();
            self.fast.warn(now, format_args!("{} is closed: it sends faster than it may", link.peer));
        }
    }

    /// Whether the connection in a slot waits for its turn to go on.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn waits(&self, slot: u32) -> bool {
        self.throttle.as_ref().is_some_and(|throttle| throttle.resumes.is_set(slot))
    }

    /// When to ask for those who go on.
    pub(crate) fn next_resume(&self) -> Option<Duration> {
        self.throttle.as_ref().filter(|throttle| throttle.waiting > 0).map(|throttle| throttle.next_sweep)
    }

    /// The slot of a connection that goes on.
    pub(crate) fn resumed(&mut self, now: Duration) -> Option<u32> {
        self.throttle.as_mut()?.resumed(now)
    }

    /// The turn of a connection that goes on: first what it had sent, then what came meanwhile.
    pub(crate) fn resume<T: Stream>(&mut self, connection: &mut Connection<S, T>) -> Turn {
        let mut turn = Turn::default();
        if connection.link.set_throttled(false) {
            turn.received = true;
            self.receive(connection, 0);
            self.read_on(connection, &mut turn);
        }
        turn
    }
}
