//! Connections that are asked again and again: in a closed loop, or at a fixed rate.
//!
//! In a closed loop each connection has so many requests on the way, and for each reply sends the next. That finds how
//! much a server can do; but a server that pauses is not asked meanwhile, so the pause is in few latencies. At a fixed
//! rate requests leave when they are due, whatever has become of the ones before, and a latency counts from then: it
//! tells what a user would have waited.
//!
//! All requests are the same bytes, and an echo's reply is its request: so a connection needs no buffer of its own,
//! only its place in the stream of requests and in that of replies. What one event brought is answered with one write.

mod connection;
mod driver;

use std::mem;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::Context;

use self::driver::{Driver, Tally, Work};
use crate::load::counters::{Counters, MOST_FAILURES};
use crate::load::crew;
use crate::load::dial::Dialer;
use crate::load::failure::{Failure, Failures};
use crate::load::latencies::Latencies;
use crate::load::timeline::Timeline;
use crate::system::limits;
use crate::system::stop::Stop;
use crate::wire;

/// A load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EchoLoad {
    /// The server.
    pub(crate) server: SocketAddr,
    /// How many connections.
    pub(crate) connections: usize,
    /// When requests are sent.
    pub(crate) rhythm: Rhythm,
    /// Bytes of a request beside its header.
    pub(crate) payload: usize,
    /// Threads that send.
    pub(crate) threads: usize,
    /// Not measured.
    pub(crate) warm_up: Duration,
    /// Measured.
    pub(crate) duration: Duration,
    /// How long connecting may take, and a reply.
    pub(crate) timeout: Duration,
}

/// When requests are sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rhythm {
    /// So many are on the way on each connection, always.
    Depth(usize),
    /// So many leave a second, on all connections in turn.
    Rate(f64),
}

/// What came of a load.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// Replies while it was measured; at a fixed rate, to what was due meanwhile.
    pub(crate) replies: u64,
    /// Replies in all, the warm-up included.
    pub(crate) all_replies: u64,
    /// Requests that were sent or due, and not answered at the end.
    pub(crate) unanswered: u64,
    /// How long it was measured: less than was wanted if it was stopped or nobody answered any more.
    pub(crate) measured: Duration,
    /// From when a request was sent, or due, to the read of its reply.
    pub(crate) latencies: Latencies,
    /// Connections that failed.
    pub(crate) failures: Failures,
    pub(crate) timeline: Timeline,
}

impl Outcome {
    /// Replies a second while it was measured.
    pub(crate) fn rate(&self) -> f64 {
        if self.measured.is_zero() { 0.0 } else { self.replies as f64 / self.measured.as_secs_f64() }
    }
}

/// A load whose connections are open, until this is dropped.
pub(crate) struct Connected {
    load: EchoLoad,
    request: Vec<u8>,
    streams: Vec<TcpStream>,
    /// Of connections that could not be opened.
    failures: Failures,
}

impl EchoLoad {
    /// Opens the connections, or as many as it can until it is stopped; `watch` is told how many are open. Those that
    /// can't be opened are counted. After many of them it gives up, and at once after one that did not fail at once.
    ///
    /// # Errors
    /// So many never could be.
    pub(crate) fn connect(self, stop: &Stop, watch: impl Fn(usize)) -> anyhow::Result<Connected> {
        let request = wire::echo(self.payload).with_context(|| {
            format!("a payload of {} bytes fits no frame: at most 65,527 do", self.payload)
        })?;
        let dialer = Dialer::new(self.server, self.timeout);
        limits::need_connections(self.connections, self.server, dialer.sources(self.connections))?;
        let mut streams = Vec::with_capacity(self.connections);
        let (mut failures, mut failed) = (Failures::default(), 0);
        for number in 0..self.connections {
            if stop.is_asked() || failed == MOST_FAILURES {
                break;
            }
            match dialer.dial(number).and_then(|stream| Ok(stream.set_nonblocking(true).map(|()| stream)?)) {
                Ok(stream) => streams.push(stream),
                Err(failure) => {
                    failures.add(failure);
                    failed += 1;
                    if failure == Failure::NotConnected {
                        break;
                    }
                }
            }
            watch(streams.len());
        }
        Ok(Connected { load: self, request, streams, failures })
    }
}

impl Connected {
    /// It is measured for so long when it runs next, from the beginning on.
    pub(crate) fn last_for(&mut self, duration: Duration) {
        (self.load.warm_up, self.load.duration) = (Duration::ZERO, duration);
    }

    /// Runs the load to its last reply, or until it is stopped, or all connections have failed; `watch` is told how long
    /// it has run. Connections that are fit for it can run again.
    ///
    /// # Errors
    /// The system has no threads or descriptors for it.
    pub(crate) fn run(
        &mut self,
        stop: &Stop,
        mut watch: impl FnMut(Duration, &Counters),
    ) -> anyhow::Result<Outcome> {
        let (load, request) = (self.load, &self.request);
        let (streams, mut failures) = (mem::take(&mut self.streams), mem::take(&mut self.failures));
        let mut shares: Vec<Vec<TcpStream>> = (0..load.threads).map(|_| Vec::new()).collect();
        for (i, stream) in streams.into_iter().enumerate() {
            shares[i % load.threads].push(stream);
        }
        let counters = Counters::default();
        let mut timeline = Timeline::begin();
        let began = Instant::now();
        let work = Work::new(load, request, began, &counters);
        let jobs = shares.into_iter().enumerate().map(|(thread, share)| {
            let work = &work;
            move || anyhow::Ok(Driver::new(work, thread, share)?.run(stop)?)
        });
        let tallies = crew::run(jobs, |_| {
            timeline.add(counters.read());
            watch(began.elapsed(), &counters);
        })?;
        let measured = Instant::now().min(work.until).saturating_duration_since(work.from);
        let sum = Tally::sum(tallies);
        failures.merge(sum.failures);
        self.streams = sum.streams;
        Ok(Outcome {
            replies: sum.latencies.count(),
            all_replies: sum.all_replies,
            unanswered: sum.unanswered,
            measured,
            latencies: sum.latencies,
            failures,
            timeline,
        })
    }
}
