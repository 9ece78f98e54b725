//! One thread's share.

use std::sync::atomic::Ordering::Release;
use std::time::{Duration, Instant};

use super::{HoldLoad, Meeting};
use crate::load::failure::Failures;
use crate::load::fleet::{Fleet, Manner, News};
use crate::load::latencies::Latencies;
use crate::load::pace::Pace;
use crate::system::stop::Stop;
use crate::system::{epoll, limits};

/// How often a thread looks how far the others are.
const GLANCE: Duration = Duration::from_millis(20);

/// So much is done at once of what is due, however far behind the thread is: it must not come between it and the answers
/// that have come, or it would fall behind for ever.
const A_ROUND: usize = 128;

/// One thread of the load.
pub(super) struct Holder<'a> {
    pub(super) load: HoldLoad,
    pub(super) thread: usize,
    pub(super) meeting: &'a Meeting,
    pub(super) stop: &'a Stop,
}

/// What it counts.
pub(super) struct Tally {
    pub(super) opened: Latencies,
    pub(super) reopened: Latencies,
    pub(super) replies: Latencies,
    /// When the last was done that was due.
    pub(super) busy_until: Instant,
    /// What was due and never done.
    pub(super) missed: u64,
    pub(super) failures: Failures,
}

impl Tally {
    fn new() -> Tally {
        let none = Latencies::new;
        Tally {
            opened: none(),
            reopened: none(),
            replies: none(),
            busy_until: Instant::now(),
            missed: 0,
            failures: Failures::default(),
        }
    }

    /// All threads' together.
    pub(super) fn sum(tallies: Vec<Tally>) -> Tally {
        let mut sum = Tally::new();
        sum.busy_until = tallies.iter().map(|tally| tally.busy_until).min().unwrap_or(sum.busy_until);
        for tally in tallies {
            sum.opened.merge(&tally.opened);
            sum.reopened.merge(&tally.reopened);
            sum.replies.merge(&tally.replies);
            sum.busy_until = sum.busy_until.max(tally.busy_until);
            sum.missed += tally.missed;
            sum.failures.merge(tally.failures);
        }
        sum
    }
}

impl Holder<'_> {
    /// To the end.
    pub(super) fn run(self) -> anyhow::Result<Tally> {
        if self.load.private_descriptors {
            limits::separate_descriptors()?;
        }
        epoll::be_punctual();
        let HoldLoad { server, close, timeout, .. } = self.load;
        let mut share = Share {
            fleet: Fleet::new(Manner { server, close, timeout }, self.thread)?,
            news: Vec::new(),
            tally: Tally::new(),
            meeting: self.meeting,
        };
        self.fill(&mut share)?;
        self.hold(&mut share)?;
        // What is open stays so until it has been weighed.
        self.meeting.done.fetch_add(1, Release);
        while self.meeting.over.get().is_none() {
            share.wait(GLANCE)?;
        }
        Ok(share.tally)
    }

    /// Opens the thread's share of the connections, and waits until all threads have theirs.
    fn fill(&self, share: &mut Share<'_>) -> anyhow::Result<()> {
        let HoldLoad { connections, threads, dialing, .. } = self.load;
        let wanted = connections / threads + usize::from(self.thread < connections % threads);
        let at_once = (dialing / threads).max(1);
        let mut dialed = 0;
        let mut is_full = false;
        while self.meeting.hold_from.get().is_none() && !self.ends() {
            while dialed < wanted && share.fleet.dialing() < at_once && !self.meeting.counters.is_hopeless() {
                share.fleet.dial(Instant::now());
                dialed += 1;
            }
            share.wait(GLANCE)?;
            if !is_full && dialed == wanted && share.fleet.is_idle() {
                is_full = true;
                self.meeting.full.fetch_add(1, Release);
            }
        }
        Ok(())
    }

    /// Keeps the rates until the time is over and all is done that was due, and waits for the last replies.
    fn hold(&self, share: &mut Share<'_>) -> anyhow::Result<()> {
        let Some(&from) = self.meeting.hold_from.get() else { return Ok(()) };
        let HoldLoad { threads, churn, requests, duration, timeout, .. } = self.load;
        let until = from + duration;
        let mut churn = Pace::share(churn, from, self.thread, threads).until(until);
        let mut requests = Pace::share(requests, from, self.thread, threads).until(until);
        loop {
            let now = Instant::now();
            for _ in 0..A_ROUND {
                let reopened = due_now(&mut churn, now, |due| share.reopen(due));
                let asked = due_now(&mut requests, now, |due| share.fleet.ask(due));
                if !reopened && !asked {
                    break;
                }
                share.tally.busy_until = now;
            }
            let next = [churn.next(), requests.next()].into_iter().flatten().min();
            let is_over = now >= until && next.is_none() || now >= until + timeout;
            if is_over || share.fleet.len() == 0 || self.ends() {
                break;
            }
            // What was due and found no connection free waits for one that gets its answer.
            let is_starved = !share.fleet.has_idle();
            let limit =
                if is_starved { GLANCE } else { next.unwrap_or(until).saturating_duration_since(now) };
            share.wait(limit.min(GLANCE))?;
        }
        share.tally.missed = churn.left() + requests.left();
        while !share.fleet.is_idle() && !self.ends() {
            share.wait(GLANCE)?;
        }
        Ok(())
    }

    fn ends(&self) -> bool {
        self.stop.is_asked() || self.meeting.counters.is_hopeless() || self.meeting.over.get().is_some()
    }
}

/// Does the next thing that is due, if there is one and it can be done. Whether it did.
fn due_now(pace: &mut Pace, now: Instant, act: impl FnOnce(Instant) -> bool) -> bool {
    let done = pace.due(now).is_some_and(act);
    if done {
        pace.advance();
    }
    done
}

/// The connections of a thread, and what is counted of them.
struct Share<'a> {
    fleet: Fleet,
    news: Vec<News>,
    tally: Tally,
    meeting: &'a Meeting,
}

impl Share<'_> {
    /// Closes a connection and opens another one, which was due at `due`. Whether there was one to close.
    fn reopen(&mut self, due: Instant) -> bool {
        let closed = self.fleet.close_any();
        if closed {
            self.meeting.counters.add_closed();
            self.fleet.dial(due);
        }
        closed
    }

    /// Waits until something happens, and counts it.
    fn wait(&mut self, limit: Duration) -> anyhow::Result<()> {
        self.fleet.wait(limit, &mut self.news)?;
        let counters = &self.meeting.counters;
        let is_holding = self.meeting.hold_from.get().is_some();
        let (mut opened, mut replies) = (0, 0);
        for news in self.news.drain(..) {
            match news {
                News::LoggedIn { took, .. } => {
                    opened += 1;
                    let latencies =
                        if is_holding { &mut self.tally.reopened } else { &mut self.tally.opened };
                    latencies.record(took);
                }
                News::Answered { took } => {
                    replies += 1;
                    self.tally.replies.record(took);
                }
                News::Failed { was_open, failure } => {
                    counters.add_failure(was_open);
                    self.tally.failures.add(failure);
                }
            }
        }
        counters.add_opened(opened);
        counters.add_replies(replies);
        Ok(())
    }
}
