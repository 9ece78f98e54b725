//! Watches the workers: says when one does not come round, and for how long; ends a server of which one can't go on;
//! and leaves behind who does not come round to end.

mod parting;

use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::doorbell::Wake;
use crate::error::{Error, Result, last_command};
use crate::mail::mailbox::Mailbox;
use crate::net::clock::{Clock, SystemClock};
use crate::server::crew::{End, SystemMailbox};
use crate::server::handle::ServerHandle;
use crate::service::dispatch::CommandDescription;
use crate::threads;
pub(crate) use parting::Farewell;
use parting::Parting;

/// How often is looked if nobody asks for less.
const LOOK: Duration = Duration::from_secs(1);

/// What is done about a worker that does not come round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Warn, and deal it no more connections.
    pub(crate) warn: Option<Duration>,
    /// Abort the process.
    pub(crate) abort: Option<Duration>,
}

/// All limits of the watchdog.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) patience: Patience,
    pub(crate) farewell: Farewell,
}

impl Limits {
    /// How often to look.
    pub(crate) fn look(&self) -> Duration {
        let Patience { warn, abort } = self.patience;
        let shortest = [warn, abort, Some(self.farewell.timeout)].into_iter().flatten().min();
        shortest.map_or(LOOK, |shortest| (shortest / 4).clamp(Duration::from_millis(1), LOOK))
    }
}

/// The watchdog at work. Dropping it does not end it.
#[derive(Debug)]
pub(crate) struct Watchdog {
    end: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

impl Watchdog {
    /// Tells `ends` of those who are left behind.
    pub(crate) fn start(limits: Limits, server: ServerHandle, ends: mpsc::Sender<End>) -> Result<Watchdog> {
        let (end, ended) = mpsc::channel();
        let thread = threads::spawn("mario-watchdog", move || watch(limits, &server, &ends, &ended))?;
        Ok(Watchdog { end, thread })
    }

    pub(crate) fn end(self) -> Result<()> {
        // Nobody listens if its thread has panicked, which is told now.
        let _ = self.end.send(());
        threads::join(self.thread)
    }
}

fn watch(limits: Limits, server: &ServerHandle, ends: &mpsc::Sender<End>, ended: &mpsc::Receiver<()>) {
    let clock = SystemClock::start();
    let workers: &[Arc<SystemMailbox>] = &server.0.mailboxes;
    let mut watch = Watch::new(limits, workers.len());
    while ended.recv_timeout(limits.look()) == Err(mpsc::RecvTimeoutError::Timeout) {
        watch.look(workers, clock.now(), |number, news| {
            let command = || running(&server.0.commands, workers[number].counters.running());
            match news {
                News::None => {}
                News::Failed => server.0.end_now(),
                News::Stuck(time) => log::warn!(
                    "worker {number} has not come round for {time:?}: it gets no more connections; {}",
                    last_command(command())
                ),
                News::Recovered(time) => log::info!("worker {number} comes round again, after {time:?}"),
                News::Abort => {
                    log::error!(
                        "worker {number} is stuck: the process is aborted; {}",
                        last_command(command())
                    );
                    crate::log::flush();
                    std::process::abort();
                }
                News::GivenUp => {
                    let error = Error::Stuck { worker: number, command: command() };
                    log::error!("{error}");
                    // Who waits for the workers outlives the watchdog.
                    let _ = ends.send(End::GivenUp { worker: number, error });
                }
            }
        });
    }
}

/// What is known of all workers.
pub(crate) struct Watch {
    limits: Limits,
    awake: Awake,
    seen: Vec<(Look, Parting)>,
    has_failed: bool,
}

impl Watch {
    /// Nothing yet of so many.
    pub(crate) fn new(limits: Limits, workers: usize) -> Self {
        let seen = (0..workers).map(|_| Default::default()).collect();
        Watch { limits, awake: Awake::default(), seen, has_failed: false }
    }

    /// Looks at all workers, as it does again and again, and tells what is new of which.
    pub(crate) fn look<W: Wake>(
        &mut self,
        workers: &[Arc<Mailbox<W>>],
        now: Duration,
        mut tell: impl FnMut(usize, News),
    ) {
        let Limits { patience, farewell } = self.limits;
        let now = self.awake.at(now, self.limits.look());
        for (number, (worker, (look, parting))) in workers.iter().zip(&mut self.seen).enumerate() {
            if worker.has_failed() && !std::mem::replace(&mut self.has_failed, true) {
                tell(number, News::Failed);
            }
            tell(number, look.at(&**worker, patience, now));
            if parting.is_now(farewell, worker.course(), look.stuck_for(now), now) {
                tell(number, News::GivenUp);
            }
        }
    }
}

/// The time in which the process ran. While it was stopped, as by a debugger or with its container, its workers could
/// not come round, and are not to be blamed for it.
#[derive(Default)]
struct Awake {
    time: Duration,
    last: Option<Duration>,
}

impl Awake {
    /// That time, at a look which comes when the clock says `now`. A look that comes late counts as two.
    fn at(&mut self, now: Duration, look: Duration) -> Duration {
        let passed = now.saturating_sub(self.last.replace(now).unwrap_or(now));
        self.time += passed.min(2 * look);
        self.time
    }
}

/// What a worker was last seen to do.
fn running(commands: &[CommandDescription], id: u16) -> Option<CommandDescription> {
    commands.iter().find(|command| command.id == id).copied()
}

/// What is known of one worker.
#[derive(Default)]
struct Look {
    rounds: u64,
    /// When it was first seen in this round.
    since: Option<Duration>,
    is_stuck: bool,
}

/// What is new of a worker.
#[derive(Debug, PartialEq)]
pub(crate) enum News {
    None,
    /// It can't go on, and the server without it can't either.
    Failed,
    /// It has not come round for so long.
    Stuck(Duration),
    /// It comes round again, after so long.
    Recovered(Duration),
    /// It has not come round for so long that the process is to end.
    Abort,
    /// A shutdown waits for it in vain.
    GivenUp,
}

impl Look {
    fn at<W: Wake>(&mut self, worker: &Mailbox<W>, patience: Patience, now: Duration) -> News {
        let rounds = worker.counters.rounds.get();
        let comes_round = rounds != self.rounds || worker.doorbell.is_asleep() || worker.is_over();
        let stuck_for = self.stuck_for(now);
        if comes_round || self.since.is_none() {
            (self.rounds, self.since) = (rounds, Some(now));
            if std::mem::take(&mut self.is_stuck) {
                worker.set_stuck(false);
                return News::Recovered(stuck_for);
            }
            return News::None;
        }
        if patience.abort.is_some_and(|abort| stuck_for >= abort) {
            return News::Abort;
        }
        if !self.is_stuck && patience.warn.is_some_and(|warn| stuck_for >= warn) {
            self.is_stuck = true;
            worker.set_stuck(true);
            return News::Stuck(stuck_for);
        }
        News::None
    }

    fn stuck_for(&self, now: Duration) -> Duration {
        self.since.map_or(Duration::ZERO, |since| now.saturating_sub(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Room;

    struct Nobody;

    impl Wake for Nobody {
        fn wake(&self) {}
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_worker_that_hangs_is_told_of_once_and_again_when_it_recovers() {
        let worker = Mailbox::new(Nobody, Room { slots: 1, letters: 1, answers: 1 });
        let patience = Patience { warn: Some(seconds(5)), abort: Some(seconds(60)) };
        let mut look = Look::default();
        let mut at = |now| look.at(&worker, patience, seconds(now));
        assert_eq!([at(0), at(4)], [News::None, News::None]);
        worker.counters.rounds.add(1);
        assert_eq!([at(5), at(9), at(10)], [News::None, News::None, News::Stuck(seconds(5))]);
        assert!(worker.is_stuck());
        assert_eq!([at(11), at(64)], [News::None, News::None]);
        worker.counters.rounds.add(1);
        assert_eq!(at(64), News::Recovered(seconds(59)));
        assert!(!worker.is_stuck());
        assert_eq!([at(123), at(124)], [News::Stuck(seconds(59)), News::Abort]);
    }

    #[test]
    fn a_worker_is_not_blamed_for_what_stopped_the_process() {
        let worker = Mailbox::new(Nobody, Room { slots: 1, letters: 1, answers: 1 });
        let patience = Patience { warn: Some(seconds(4)), abort: Some(seconds(4)) };
        let (mut awake, mut look) = (Awake::default(), Look::default());
        let mut at = |now| look.at(&worker, patience, awake.at(seconds(now), seconds(1)));
        assert_eq!([at(0), at(1), at(3_600)], [News::None, News::None, News::None], "stopped for an hour");
        assert_eq!(at(3_601), News::Abort, "but it goes on hanging");
    }

    #[test]
    fn a_worker_that_sleeps_does_not_hang() {
        let worker = Mailbox::new(Nobody, Room { slots: 1, letters: 1, answers: 1 });
        let patience = Patience { warn: Some(seconds(5)), abort: None };
        let mut look = Look::default();
        worker.doorbell.sleep(
            || false,
            |_| {
                assert_eq!(
                    [0, 100].map(|now| look.at(&worker, patience, seconds(now))),
                    [News::None, News::None]
                );
            },
        );
        assert_eq!(
            [101, 106].map(|now| look.at(&worker, patience, seconds(now))),
            [News::None, News::Stuck(seconds(6))]
        );
    }
}
