//! The closed loop: each connection has so many requests on the way, and for each reply sends the next.
//!
//! All requests are the same bytes, and an echo's reply is its request: so a connection needs no buffer of its own,
//! only its place in the stream of requests and in that of replies. What one event brought is answered with one write.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use hdrhistogram::Histogram;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::load::dial::Dialer;
use crate::load::failure::{Failure, Failures};
use crate::load::replies::Replies;
use crate::system::limits;
use crate::system::stop::Stop;
use crate::wire;

const EVENTS: usize = 1024;
const READ_BUFFER: usize = 64 * 1024;

/// How often a thread looks whether it shall stop.
const GLANCE: Duration = Duration::from_millis(50);

/// Latencies are counted in nanoseconds, up to a minute, to three digits.
const LONGEST_LATENCY: u64 = 60_000_000_000;
const DIGITS: u8 = 3;

/// A load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EchoLoad {
    /// The server.
    pub(crate) server: SocketAddr,
    /// How many connections.
    pub(crate) connections: usize,
    /// Requests on the way on each.
    pub(crate) depth: usize,
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

/// What came of a load.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// Replies while it was measured.
    pub(crate) replies: u64,
    /// Replies in all, the warm-up included.
    pub(crate) all_replies: u64,
    /// How long it was measured: less than was wanted if it was stopped or nobody answered any more.
    pub(crate) measured: Duration,
    /// In nanoseconds, from the request's write to the read of its reply.
    pub(crate) latencies: Histogram<u64>,
    /// Connections that failed.
    pub(crate) failures: Failures,
}

impl Outcome {
    /// Replies a second while it was measured.
    pub(crate) fn rate(&self) -> f64 {
        if self.measured.is_zero() { 0.0 } else { self.replies as f64 / self.measured.as_secs_f64() }
    }
}

/// A load whose connections are open.
pub(crate) struct Connected {
    load: EchoLoad,
    request: Vec<u8>,
    streams: Vec<std::net::TcpStream>,
}

impl EchoLoad {
    /// Opens the connections, or as many as it can until it is stopped.
    ///
    /// # Errors
    /// One can't be opened, or so many never could be.
    pub(crate) fn connect(self, stop: &Stop) -> anyhow::Result<Connected> {
        limits::need_connections(self.connections)?;
        let request = wire::echo(self.payload).with_context(|| {
            format!("a payload of {} bytes fits no frame: at most 65,527 do", self.payload)
        })?;
        let dialer = Dialer::new(self.server, self.timeout);
        let mut streams = Vec::with_capacity(self.connections);
        for number in 0..self.connections {
            if stop.is_asked() {
                break;
            }
            let stream = dialer.dial(number).with_context(|| {
                format!("connection {} of {} to {}", number + 1, self.connections, self.server)
            })?;
            stream.set_nonblocking(true)?;
            streams.push(stream);
        }
        Ok(Connected { load: self, request, streams })
    }
}

impl Connected {
    /// Runs the load to its end, or until it is stopped, or all connections have failed.
    ///
    /// # Errors
    /// The system has no threads or descriptors for it.
    pub(crate) fn run(self, stop: &Stop) -> anyhow::Result<Outcome> {
        let Connected { load, request, streams } = self;
        // One more than are sent at once, as a write may begin within a frame.
        let batch = request.repeat(load.depth + 1);
        let mut shares: Vec<Vec<std::net::TcpStream>> = (0..load.threads).map(|_| Vec::new()).collect();
        for (i, stream) in streams.into_iter().enumerate() {
            shares[i % load.threads].push(stream);
        }
        let from = Instant::now() + load.warm_up;
        let until = from + load.duration;
        let tallies = thread::scope(|scope| {
            let (request, batch) = (&request[..], &batch[..]);
            let threads: Vec<_> = shares
                .into_iter()
                .map(|share| {
                    let driver = move || Driver::new(load, request, batch, from, until, share)?.run(stop);
                    thread::Builder::new().name("load".into()).spawn_scoped(scope, driver)
                })
                .collect();
            let join = |thread: io::Result<thread::ScopedJoinHandle<'_, io::Result<Tally>>>| {
                thread?
                    .join()
                    .map_err(|_| anyhow!("a thread of the load panicked"))?
                    .map_err(anyhow::Error::from)
            };
            threads.into_iter().map(join).collect::<anyhow::Result<Vec<Tally>>>()
        })?;
        let ended = Instant::now().min(until);
        let mut sum = Tally::new();
        for tally in tallies {
            sum.replies += tally.replies;
            sum.all_replies += tally.all_replies;
            sum.latencies.add(tally.latencies).context("adding up latencies")?;
            sum.failures.merge(tally.failures);
        }
        let Tally { replies, all_replies, latencies, failures } = sum;
        let measured = ended.saturating_duration_since(from);
        Ok(Outcome { replies, all_replies, measured, latencies, failures })
    }
}

/// What one thread counts.
struct Tally {
    replies: u64,
    all_replies: u64,
    latencies: Histogram<u64>,
    failures: Failures,
}

impl Tally {
    fn new() -> Tally {
        let latencies =
            Histogram::new_with_bounds(1, LONGEST_LATENCY, DIGITS).expect("the bounds are valid constants");
        Tally { replies: 0, all_replies: 0, latencies, failures: Failures::default() }
    }
}

/// One thread's connections.
struct Driver<'a> {
    load: EchoLoad,
    request: &'a [u8],
    batch: &'a [u8],
    from: Instant,
    until: Instant,
    poll: Poll,
    connections: Vec<Option<Connection>>,
    open: usize,
    input: Box<[u8]>,
    tally: Tally,
}

struct Connection {
    stream: TcpStream,
    replies: Replies,
    /// When each request on the way was sent.
    sent: VecDeque<Instant>,
    /// Where in a request the next write begins.
    place: usize,
    /// Bytes of requests that the socket has not taken yet.
    unsent: usize,
}

impl<'a> Driver<'a> {
    fn new(
        load: EchoLoad,
        request: &'a [u8],
        batch: &'a [u8],
        from: Instant,
        until: Instant,
        streams: Vec<std::net::TcpStream>,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut connections = Vec::with_capacity(streams.len());
        for (token, stream) in streams.into_iter().enumerate() {
            let mut stream = TcpStream::from_std(stream);
            poll.registry().register(&mut stream, Token(token), Interest::READABLE | Interest::WRITABLE)?;
            let sent = VecDeque::with_capacity(load.depth);
            connections.push(Some(Connection {
                stream,
                replies: Replies::default(),
                sent,
                place: 0,
                unsent: 0,
            }));
        }
        let open = connections.len();
        let input = vec![0; READ_BUFFER].into_boxed_slice();
        Ok(Driver { load, request, batch, from, until, poll, connections, open, input, tally: Tally::new() })
    }

    fn run(mut self, stop: &Stop) -> io::Result<Tally> {
        let mut now = Instant::now();
        for i in 0..self.connections.len() {
            self.turn(i, |driver, connection| {
                connection.ask(driver.load.depth, now, driver.request, driver.batch)
            });
        }
        let mut events = Events::with_capacity(EVENTS);
        let mut last_reply = now;
        while now < self.until && self.open > 0 && !stop.is_asked() && now - last_reply < self.load.timeout {
            match self.poll.poll(&mut events, Some((self.until - now).min(GLANCE))) {
                Err(error) if error.kind() == ErrorKind::Interrupted => events.clear(),
                result => result?,
            }
            let before = self.tally.all_replies;
            for event in &events {
                let to_the_end = event.is_read_closed() || event.is_error();
                let (readable, writable) = (event.is_readable() || to_the_end, event.is_writable());
                self.turn(event.token().0, |driver, connection| {
                    if writable {
                        connection.write(driver.request.len(), driver.batch)?;
                    }
                    if readable { driver.read(connection, to_the_end) } else { Ok(()) }
                });
            }
            now = Instant::now();
            if self.tally.all_replies > before {
                last_reply = now;
            }
        }
        self.miss_replies(now);
        Ok(self.tally)
    }

    /// Does something with a connection; one that fails is counted and closed.
    fn turn(&mut self, index: usize, act: impl FnOnce(&mut Self, &mut Connection) -> Result<(), Failure>) {
        let Some(mut connection) = self.connections[index].take() else { return };
        match act(self, &mut connection) {
            Ok(()) => self.connections[index] = Some(connection),
            Err(failure) => {
                self.tally.failures.add(failure);
                self.open -= 1;
            }
        }
    }

    /// Takes what has come, and asks as much again. A read that does not fill the buffer has taken all.
    fn read(&mut self, connection: &mut Connection, to_the_end: bool) -> Result<(), Failure> {
        loop {
            let count = match connection.stream.read(&mut self.input) {
                Ok(0) => return Err(Failure::Closed),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            let now = Instant::now();
            let complete = connection.replies.take(self.request, &self.input[..count])?;
            let measured = (self.from..self.until).contains(&now);
            for _ in 0..complete {
                let sent = connection.sent.pop_front().ok_or(Failure::Unasked)?;
                self.tally.all_replies += 1;
                if measured {
                    self.tally.replies += 1;
                    self.tally.latencies.saturating_record((now - sent).as_nanos() as u64);
                }
            }
            connection.ask(complete, now, self.request, self.batch)?;
            if count < self.input.len() && !to_the_end {
                return Ok(());
            }
        }
    }

    /// Counts the connections whose oldest request has waited too long for its reply.
    fn miss_replies(&mut self, now: Instant) {
        let patience = self.load.timeout.min(self.load.duration);
        for connection in self.connections.iter().flatten() {
            if connection.sent.front().is_some_and(|sent| now.saturating_duration_since(*sent) >= patience) {
                self.tally.failures.add(Failure::NoReply);
            }
        }
    }
}

impl Connection {
    /// Sends so many requests more.
    fn ask(&mut self, count: usize, now: Instant, request: &[u8], batch: &[u8]) -> Result<(), Failure> {
        self.sent.extend(std::iter::repeat_n(now, count));
        self.unsent += count * request.len();
        self.write(request.len(), batch)
    }

    fn write(&mut self, request: usize, batch: &[u8]) -> Result<(), Failure> {
        while self.unsent > 0 {
            let bytes = &batch[self.place..][..self.unsent];
            match self.stream.write(bytes) {
                Ok(count) => {
                    self.place = (self.place + count) % request;
                    self.unsent -= count;
                    if count < bytes.len() {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
