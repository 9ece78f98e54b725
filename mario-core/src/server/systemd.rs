//! The service manager that started the process: the sockets that it passes, and what it is told.

use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use listenfd::ListenFd;
use sd_notify::NotifyState;

use crate::doorbell::Wake;
use crate::error::Result;
use crate::mail::mailbox::Mailbox;
use crate::server::crew::SystemMailbox;
use crate::threads::{self, system};

/// The listening sockets that systemd passes to this process. The first who asks gets them.
pub(crate) fn passed_listeners() -> Result<Vec<TcpListener>> {
    let mut passed = ListenFd::from_env();
    let all = (0..passed.len()).filter_map(|index| passed.take_tcp_listener(index).transpose());
    all.collect::<Result<_, _>>().map_err(system("take the sockets that systemd passes"))
}

/// Who is to tell systemd how the server is.
pub(crate) struct Herald {
    announcer: Announcer,
    news: mpsc::Receiver<News>,
    workers: Vec<Arc<SystemMailbox>>,
}

/// The way to the herald from any thread; it has no descriptor, which not all threads would have.
#[derive(Clone, Debug)]
pub(crate) struct Announcer(mpsc::Sender<News>);

/// A herald at work.
#[derive(Debug)]
pub(crate) struct Announcing {
    announcer: Announcer,
    thread: JoinHandle<()>,
}

#[derive(Clone, Copy, Debug)]
enum News {
    Stopping,
    Ended,
}

impl Announcer {
    /// A way to nobody.
    pub(crate) fn to_nobody() -> Self {
        Announcer(mpsc::channel().0)
    }

    /// The server has begun to shut down.
    pub(crate) fn stopping(&self) {
        // Nobody listens if the server has nothing to do with systemd.
        let _ = self.0.send(News::Stopping);
    }
}

impl Herald {
    pub(crate) fn new(workers: Vec<Arc<SystemMailbox>>) -> Self {
        let (announcer, news) = mpsc::channel();
        Herald { announcer: Announcer(announcer), news, workers }
    }

    pub(crate) fn announcer(&self) -> Announcer {
        self.announcer.clone()
    }

    /// Says that the server is ready, and from now on how it is.
    pub(crate) fn announce(self) -> Result<Announcing> {
        let Herald { announcer, news, workers } = self;
        // A beat may come late, and one may be missed.
        let period = sd_notify::watchdog_enabled().map(|limit| (limit / 4).max(Duration::from_millis(1)));
        let thread = threads::spawn("mario-systemd", move || watch(&news, period, &workers))?;
        tell(NotifyState::Ready);
        Ok(Announcing { announcer, thread })
    }
}

impl Announcing {
    pub(crate) fn end(self) -> Result<()> {
        // Nobody listens if its thread has panicked, which is told now.
        let _ = self.announcer.0.send(News::Ended);
        threads::join(self.thread)
    }
}

/// Passes the news on, and feeds the watchdog for as long as all workers come round.
fn watch(news: &mpsc::Receiver<News>, period: Option<Duration>, workers: &[Arc<SystemMailbox>]) {
    let mut is_stopping = false;
    let mut rounds = vec![None; workers.len()];
    loop {
        let heard = match period {
            Some(period) => news.recv_timeout(period),
            None => news.recv().map_err(mpsc::RecvTimeoutError::from),
        };
        match heard {
            Ok(News::Stopping) if is_stopping => {}
            Ok(News::Stopping) => {
                is_stopping = true;
                tell(NotifyState::Stopping);
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {
                if have_come_round(workers, &mut rounds) {
                    tell(NotifyState::Watchdog);
                }
            }
            Ok(News::Ended) | Err(mpsc::RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Whether each worker has come round since the last time, or has ended in order. Those that sleep are woken, so that
/// they will have the next time.
fn have_come_round<W: Wake>(workers: &[Arc<Mailbox<W>>], rounds: &mut [Option<u64>]) -> bool {
    let mut all = true;
    for (worker, last) in workers.iter().zip(rounds) {
        let now = worker.counters.rounds.get();
        all &= *last != Some(now) || worker.has_ended();
        *last = Some(now);
        worker.doorbell.ring();
    }
    all
}

/// Tells systemd; without it that is nothing.
fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        log::warn!("systemd can't be told of the server's state: {error}");
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

    #[test]
    fn a_worker_that_hangs_is_noticed_and_one_that_has_ended_is_not() {
        let workers =
            [0, 1].map(|_| Arc::new(Mailbox::new(Nobody, Room { slots: 1, letters: 1, answers: 1 })));
        let mut rounds = [None; 2];
        assert!(have_come_round(&workers, &mut rounds), "it has just begun");
        assert!(!have_come_round(&workers, &mut rounds));
        workers[0].counters.rounds.add(1);
        assert!(!have_come_round(&workers, &mut rounds), "the other one hangs");
        workers[1].end();
        workers[0].counters.rounds.add(5);
        assert!(have_come_round(&workers, &mut rounds));
    }
}
