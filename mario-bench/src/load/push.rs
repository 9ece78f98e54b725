//! Pushes by threads to connections that do nothing but read: how many a server takes.
//!
//! Who pushes is in the server's own process, so here all are in this one: the server, the threads that push to one
//! connection after another as fast as its workers take it, and the threads that read and compare every byte.

mod reader;
mod server;

use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use mario::{ConnId, Connections, Payload, PushError};

use self::reader::Reader;
use self::server::PushServer;
use crate::load::counters::Counters;
use crate::load::crew;
use crate::load::dial::Dialer;
use crate::load::failure::Failures;
use crate::load::timeline::Timeline;
use crate::system::limits;
use crate::system::stop::Stop;
use crate::wire;

/// How often a thread that pushes looks whether it shall stop.
const GLANCE: usize = 256;

/// How long such a thread waits when a mailbox is full: a small part of what its worker needs to empty it.
const PATIENCE: Duration = Duration::from_micros(100);

/// A load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PushLoad {
    /// Connections that are pushed to, one after another.
    pub(crate) connections: usize,
    /// Bytes of a push beside its header.
    pub(crate) payload: usize,
    /// Threads that push.
    pub(crate) threads: usize,
    /// Threads that read.
    pub(crate) readers: usize,
    /// Threads of the server.
    pub(crate) workers: usize,
    /// Not measured.
    pub(crate) warm_up: Duration,
    /// Measured.
    pub(crate) duration: Duration,
    /// How long connecting may take, and what is on its way at the end.
    pub(crate) timeout: Duration,
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
    pub(crate) failures: Failures,
    pub(crate) timeline: Timeline,
}

impl Outcome {
    /// Pushes a second while it was measured.
    pub(crate) fn rate(&self) -> f64 {
        if self.measured.is_zero() { 0.0 } else { self.pushes as f64 / self.measured.as_secs_f64() }
    }
}

/// What threads pushed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pushed {
    pub(crate) accepted: u64,
    /// Attempts that found the mailbox full.
    pub(crate) refused: u64,
}

impl Pushed {
    fn sum(all: Vec<Pushed>) -> Pushed {
        let add = |sum: Pushed, one: Pushed| Pushed {
            accepted: sum.accepted + one.accepted,
            refused: sum.refused + one.refused,
        };
        all.into_iter().fold(Pushed::default(), add)
    }
}

impl PushLoad {
    /// Runs it to its end, or until it is stopped; `watch` is told how long it has run.
    ///
    /// # Errors
    /// A server or a connection can't be had, or a connection is closed while it is pushed to.
    pub(crate) fn run(
        self,
        stop: &Stop,
        mut watch: impl FnMut(Duration, &Counters),
    ) -> anyhow::Result<Outcome> {
        // Both ends are here.
        limits::need_connections(2 * self.connections)?;
        let frame = wire::echo(self.payload).with_context(|| {
            format!("a payload of {} bytes fits no frame: at most 65,527 do", self.payload)
        })?;
        let server = PushServer::start(self.workers, self.connections)?;
        let shares = self.dial(&server)?;
        let ids = server.ids(self.connections, self.timeout)?;
        let (connections, counters, is_over) =
            (server.connections(), Counters::default(), AtomicBool::new(false));

        let readers = shares
            .into_iter()
            .map(|share| Reader::new(&frame, &counters, share))
            .collect::<Result<Vec<_>, _>>()?;

        let began = Instant::now();
        let (from, until) = (began + self.warm_up, began + self.warm_up + self.duration);
        let mut timeline = Timeline::begin();
        let mut measured = None;
        let (pushed, failures) = thread::scope(|scope| {
            let readers: Vec<_> =
                readers.into_iter().map(|reader| scope.spawn(|| reader.run(&is_over))).collect();
            let jobs = (0..self.threads).map(|thread| {
                let turns = ids.iter().copied().cycle().skip(thread * ids.len() / self.threads);
                let (connections, payload) = (&connections, Payload(&frame[wire::HEADER..]));
                move || push(connections, turns, &payload, || Instant::now() >= until || stop.is_asked())
            });
            let pushed = crew::run(jobs, |is_ending| {
                let (now, counts) = (Instant::now(), counters.read());
                timeline.add(counts);
                watch(began.elapsed(), &counters);
                if now >= from && !is_ending {
                    let here = (now, counts.replies);
                    measured.get_or_insert([here, here])[1] = here;
                }
            });
            let pushed = pushed.map(Pushed::sum);
            if let Ok(pushed) = &pushed {
                self.await_all(pushed.accepted, &counters);
            }
            is_over.store(true, Relaxed);
            let mut failures = Failures::default();
            for reader in readers {
                failures.merge(reader.join().map_err(|_| anyhow!("a thread that reads panicked"))??);
            }
            Ok::<_, anyhow::Error>((pushed?, failures))
        })?;
        let [first, last] = measured.unwrap_or([(began, 0); 2]);
        Ok(Outcome {
            pushes: last.1 - first.1,
            measured: last.0 - first.0,
            pushed,
            missing: pushed.accepted.saturating_sub(counters.read().replies),
            failures,
            timeline,
        })
    }

    /// Opens the connections, and shares them out among those who read.
    fn dial(&self, server: &PushServer) -> anyhow::Result<Vec<Vec<TcpStream>>> {
        let mut shares: Vec<_> = (0..self.readers).map(|_| Vec::new()).collect();
        let dialer = Dialer::new(server.addr(), self.timeout);
        for number in 0..self.connections {
            let stream = dialer.dial(number).with_context(|| format!("connection {}", number + 1))?;
            stream.set_nonblocking(true)?;
            shares[number % self.readers].push(stream);
        }
        Ok(shares)
    }

    /// Waits for what is on its way, if nothing fails.
    fn await_all(&self, accepted: u64, counters: &Counters) {
        let late = Instant::now() + self.timeout;
        while counters.read().replies < accepted && counters.read().failures == 0 && Instant::now() < late {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Pushes to one connection after another, each as soon as there is room, until it is over.
///
/// # Errors
/// A connection has ended.
fn push(
    connections: &Connections,
    turns: impl Iterator<Item = ConnId>,
    packet: &Payload<'_>,
    is_over: impl Fn() -> bool,
) -> anyhow::Result<Pushed> {
    let mut pushed = Pushed::default();
    for (number, id) in turns.enumerate() {
        if number % GLANCE == 0 && is_over() {
            break;
        }
        loop {
            match connections.push(id, wire::ECHO, packet) {
                Ok(()) => break pushed.accepted += 1,
                Err(PushError::Full(_)) if is_over() => break,
                Err(PushError::Full(_)) => {
                    pushed.refused += 1;
                    thread::sleep(PATIENCE);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(pushed)
}
