//! The watchdog, which looks at the workers as it does in a server, and workers that do not come round for a while.

use std::time::Duration;

use super::dice::Dice;
use super::server::SimServer;
use super::settings::Settings;
use super::world::{Post, Rest, State, World};
use crate::server::watchdog::{Farewell, Limits, News, Patience, Watch};

/// The watchdog, and what it must have seen.
pub(super) struct Watchdog {
    watch: Watch,
    limits: Limits,
    /// When it has looked last, and looks next.
    last: Duration,
    next: Duration,
    seen: Vec<Seen>,
    has_told: bool,
}

/// One worker, as it was at the looks.
#[derive(Default)]
struct Seen {
    /// How often it had gone on.
    turns: u64,
    /// How long it has not since, at least.
    stuck_for: Duration,
    /// How often it was told to be stuck.
    stalls: u64,
    /// A shutdown does not wait for it any more.
    is_given_up: bool,
}

/// Four times as often as it is to look at most: a run has only so many steps.
const OFTEN: Duration = Duration::from_millis(200);

impl Watchdog {
    pub(super) fn new(settings: &Settings) -> Self {
        let patience = Patience { warn: settings.watchdog, abort: None };
        // The shortest of all says how often it looks.
        let timeout = settings.shutdown_timeout.max(OFTEN);
        let farewell = Farewell { drain: settings.drain, timeout };
        let limits = Limits { patience, farewell };
        Watchdog {
            watch: Watch::new(limits, settings.workers),
            limits,
            last: Duration::ZERO,
            next: Duration::ZERO,
            seen: (0..settings.workers).map(|_| Seen::default()).collect(),
            has_told: false,
        }
    }

    /// When it looks next, if there may be something to see.
    pub(super) fn due(&self, server: &SimServer, state: &State) -> Option<Duration> {
        let is_stuck = server.mailboxes.iter().any(|mailbox| mailbox.is_stuck());
        let has_failed = !self.has_told && server.has_failed();
        (is_stuck || has_failed || state.is_stalled()).then_some(self.next)
    }

    /// Looks at all workers.
    pub(super) fn look(&mut self, server: &mut SimServer, world: &World) {
        let now = world.lock().now;
        let mut all = Vec::new();
        self.watch.look(&server.mailboxes, now, |worker, news| all.push((worker, news)));
        let passed = now.saturating_sub(self.last).min(self.limits.look());
        (self.last, self.next) = (now, now + self.limits.look());
        for (worker, news) in all {
            if news != News::None {
                world.lock().note(format_args!("worker {worker}: the watchdog says {news:?}"));
            }
            let fault = match news {
                News::None => None,
                News::Failed => {
                    self.has_told = true;
                    server.close();
                    None
                }
                News::Stuck(_) => {
                    self.seen[worker].stalls += 1;
                    let limit = self.limits.patience.warn.unwrap_or(Duration::MAX);
                    world.lock().posts[worker].may_be_stuck(now, limit)
                }
                News::GivenUp => {
                    let state = world.lock();
                    let is_again = std::mem::replace(&mut self.seen[worker].is_given_up, true);
                    match state.orders.stop {
                        None => Some("it is not to end"),
                        Some(_) if is_again => Some("that was said"),
                        Some(_) => state.posts[worker].may_be_stuck(now, self.limits.farewell.timeout),
                    }
                }
                News::Recovered(_) => {
                    let has_gone_on = world.lock().posts[worker].turns > self.seen[worker].turns;
                    (!has_gone_on).then_some("it has not gone on")
                }
                News::Abort => Some("it was not asked to abort"),
            };
            if let Some(fault) = fault {
                world.lock().violated(format!("worker {worker}: the watchdog says {news:?}, but {fault}"));
            }
        }
        for (worker, seen) in self.seen.iter_mut().enumerate() {
            let mut state = world.lock();
            let Post { turns, rest, .. } = state.posts[worker];
            let mailbox = &server.mailboxes[worker];
            if !state.posts[worker].is_due(now) && rest != Rest::Busy && mailbox.is_stuck() {
                state.violated(format!("worker {worker} waits, and is stuck"));
            }
            if turns > seen.turns || rest != Rest::Busy || mailbox.doorbell.is_asleep() || mailbox.is_over() {
                (seen.turns, seen.stuck_for) = (turns, Duration::ZERO);
                continue;
            }
            seen.stuck_for += passed;
            let must_be_told = self.limits.patience.warn.is_some_and(|warn| seen.stuck_for >= warn);
            if must_be_told && !mailbox.is_stuck() {
                let time = seen.stuck_for;
                state.violated(format!("worker {worker} does not come round for {time:?}, and is not stuck"));
            }
        }
    }

    /// How often each worker was told to be stuck.
    pub(super) fn stalls(&self) -> impl Iterator<Item = u64> {
        self.seen.iter().map(|seen| seen.stalls)
    }
}

impl Post {
    /// What speaks against that it has not come round for so long. Who has ended two steps since has, if it did not die in
    /// one of them.
    fn may_be_stuck(&self, now: Duration, limit: Duration) -> Option<&'static str> {
        let has_died = self.counters.deaths.get() > 0;
        match self.rest {
            // Who was woken is expected to.
            Rest::Until(_) if !self.is_due(now) => Some("it waits"),
            _ => (!has_died && self.steps[0] + limit > now).then_some("it has come round"),
        }
    }
}

impl State {
    /// A thread was interrupted; now and then it is not let go on for a while, if it is a worker's.
    pub(super) fn stalls(&mut self, thread: usize, dice: &mut Dice) {
        let Settings { workers, stalls, .. } = self.settings;
        if thread < workers && self.posts[thread].rest == Rest::Busy && dice.chance(stalls) {
            let until = self.now + dice.pick(&[20, 1000, 9000].map(Duration::from_millis));
            self.posts[thread].stalled = Some(until);
            self.note(format_args!("worker {thread} does not go on until {until:?}"));
        }
    }

    /// Whether a worker is kept from going on.
    pub(super) fn is_stalled(&self) -> bool {
        self.posts.iter().any(|post| post.is_stalled(self.now))
    }
}
