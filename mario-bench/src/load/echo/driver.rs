//! One thread's connections.

use std::io::{self, ErrorKind, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::connection::{Connection, Requests};
use super::{EchoLoad, Rhythm};
use crate::load::counters::Counters;
use crate::load::failure::{Failure, Failures};
use crate::load::latencies::Latencies;
use crate::load::pace::Pace;
use crate::system::epoll::{self, Epoll, Events};
use crate::system::stop::Stop;

const READ_BUFFER: usize = 64 * 1024;

/// How often a thread looks whether it shall stop.
const GLANCE: Duration = Duration::from_millis(50);

/// So many requests are sent at most before replies are read again, however many are due.
const A_ROUND: usize = 1024;

/// Requests that are written at once at a fixed rate, after the server has paused.
const CATCH_UP: usize = 16;

/// What all threads do.
pub(super) struct Work<'a> {
    load: EchoLoad,
    request: &'a [u8],
    requests: Vec<u8>,
    began: Instant,
    /// When it is measured.
    pub(super) from: Instant,
    pub(super) until: Instant,
    counters: &'a Counters,
}

impl<'a> Work<'a> {
    pub(super) fn new(load: EchoLoad, request: &'a [u8], began: Instant, counters: &'a Counters) -> Self {
        let at_once = match load.rhythm {
            Rhythm::Depth(depth) => depth,
            Rhythm::Rate(_) => CATCH_UP,
        };
        // One more than are sent at once, as a write may begin within a frame.
        let requests = request.repeat(at_once + 1);
        let from = began + load.warm_up;
        Work { load, request, requests, began, from, until: from + load.duration, counters }
    }

    fn requests(&self) -> Requests<'_> {
        Requests { one: self.request, many: &self.requests }
    }
}

/// What one thread counts.
pub(super) struct Tally {
    pub(super) all_replies: u64,
    pub(super) unanswered: u64,
    pub(super) latencies: Latencies,
    pub(super) failures: Failures,
    /// Those on which nothing is on the way.
    pub(super) streams: Vec<TcpStream>,
}

impl Tally {
    fn new() -> Tally {
        Tally {
            all_replies: 0,
            unanswered: 0,
            latencies: Latencies::new(),
            failures: Failures::default(),
            streams: Vec::new(),
        }
    }

    /// All threads' together.
    pub(super) fn sum(tallies: Vec<Tally>) -> Tally {
        let mut sum = Tally::new();
        for tally in tallies {
            sum.all_replies += tally.all_replies;
            sum.unanswered += tally.unanswered;
            sum.latencies.merge(&tally.latencies);
            sum.failures.merge(tally.failures);
            sum.streams.extend(tally.streams);
        }
        sum
    }
}

/// One thread's connections.
pub(super) struct Driver<'a> {
    work: &'a Work<'a>,
    pace: Option<Pace>,
    epoll: Epoll,
    connections: Vec<Option<Connection>>,
    open: usize,
    /// Whose turn it is to ask, at a fixed rate.
    turn: usize,
    /// Requests on the way.
    on_the_way: usize,
    input: Box<[u8]>,
    tally: Tally,
}

impl<'a> Driver<'a> {
    /// For a thread of that number and its share of the connections.
    ///
    /// # Errors
    /// The system has no descriptor for it.
    pub(super) fn new(work: &'a Work<'a>, thread: usize, streams: Vec<TcpStream>) -> io::Result<Self> {
        let epoll = Epoll::new()?;
        let mut connections = Vec::with_capacity(streams.len());
        for (token, stream) in streams.into_iter().enumerate() {
            epoll.add(&stream, token as u64)?;
            connections.push(Some(Connection::new(stream)));
        }
        let pace = match work.load.rhythm {
            Rhythm::Depth(_) => None,
            Rhythm::Rate(rate) => {
                Some(Pace::share(rate, work.began, thread, work.load.threads).until(work.until))
            }
        };
        let open = connections.len();
        work.counters.add_opened(open as u64);
        let input = vec![0; READ_BUFFER].into_boxed_slice();
        Ok(Driver {
            work,
            pace,
            epoll,
            connections,
            open,
            turn: 0,
            on_the_way: 0,
            input,
            tally: Tally::new(),
        })
    }

    /// To the end.
    pub(super) fn run(mut self, stop: &Stop) -> io::Result<Tally> {
        epoll::be_punctual();
        let mut now = Instant::now();
        if let Rhythm::Depth(depth) = self.work.load.rhythm {
            for index in 0..self.connections.len() {
                self.ask(index, depth, now);
            }
        }
        let mut events = Events::new();
        let mut last_reply = now;
        while self.goes_on(now, last_reply) && !stop.is_asked() {
            self.ask_what_is_due(now);
            self.epoll.wait(&mut events, self.next(Instant::now()).min(GLANCE))?;
            let before = self.tally.all_replies;
            for event in events.drain() {
                self.turn(event.token as usize, |driver, connection| {
                    if event.is_writable() {
                        connection.write(driver.work.requests())?;
                    }
                    if event.is_readable() { driver.read(connection, event.is_over()) } else { Ok(()) }
                });
            }
            now = Instant::now();
            if self.tally.all_replies > before || self.on_the_way == 0 {
                last_reply = now;
            }
            self.work.counters.add_replies(self.tally.all_replies - before);
        }
        self.miss_replies(now);
        let connections = self.connections.into_iter().flatten();
        let idle = connections.filter(|connection| connection.sent.is_empty());
        self.tally.streams = idle.map(|connection| connection.stream).collect();
        Ok(self.tally)
    }

    /// Until the time is over and all that was asked or due is answered; or until nobody answers.
    fn goes_on(&self, now: Instant, last_reply: Instant) -> bool {
        let is_behind = self.on_the_way > 0 || self.pace.is_some_and(|pace| pace.next().is_some());
        let has_work = now < self.work.until || is_behind;
        has_work && self.open > 0 && now - last_reply < self.work.load.timeout
    }

    /// How long nothing is to be done but to wait for replies.
    fn next(&self, now: Instant) -> Duration {
        match self.pace.and_then(|pace| pace.next()) {
            Some(due) => due.saturating_duration_since(now),
            // At the very end replies that are late may be waited for.
            None if now >= self.work.until => GLANCE,
            None => self.work.until - now,
        }
    }

    fn ask_what_is_due(&mut self, now: Instant) {
        let Some(mut pace) = self.pace.take() else { return };
        for _ in 0..A_ROUND {
            let Some(due) = pace.due(now).filter(|_| self.open > 0) else { break };
            while self.connections[self.turn % self.connections.len()].is_none() {
                self.turn += 1;
            }
            self.ask(self.turn % self.connections.len(), 1, due);
            self.turn += 1;
            pace.advance();
        }
        self.pace = Some(pace);
    }

    fn ask(&mut self, index: usize, count: usize, at: Instant) {
        self.turn(index, |driver, connection| {
            driver.on_the_way += count;
            connection.ask(count, at, driver.work.requests())
        });
    }

    /// Does something with a connection; one that fails is counted and closed.
    fn turn(&mut self, index: usize, act: impl FnOnce(&mut Self, &mut Connection) -> Result<(), Failure>) {
        let Some(mut connection) = self.connections[index].take() else { return };
        match act(self, &mut connection) {
            Ok(()) => self.connections[index] = Some(connection),
            Err(failure) => {
                self.tally.failures.add(failure);
                self.work.counters.add_failure(true);
                self.tally.unanswered += connection.sent.len() as u64;
                self.on_the_way -= connection.sent.len();
                self.open -= 1;
            }
        }
    }

    /// Takes what has come, and in a closed loop asks as much again, if it is not over. A read that does not fill the buffer has taken
    /// all, unless the peer sends no more.
    fn read(&mut self, connection: &mut Connection, is_over: bool) -> Result<(), Failure> {
        loop {
            let count = match connection.stream.read(&mut self.input) {
                Ok(0) => return Err(Failure::Closed),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            let now = Instant::now();
            let complete = connection.replies.take(self.work.request, &self.input[..count])?;
            for _ in 0..complete {
                let sent = connection.sent.pop_front().ok_or(Failure::Unasked)?;
                self.on_the_way -= 1;
                self.tally.all_replies += 1;
                let counts = if self.pace.is_some() { sent } else { now };
                if (self.work.from..self.work.until).contains(&counts) {
                    self.tally.latencies.record(now - sent);
                }
            }
            if self.pace.is_none() && now < self.work.until {
                self.on_the_way += complete;
                connection.ask(complete, now, self.work.requests())?;
            }
            if count < self.input.len() && !is_over {
                return Ok(());
            }
        }
    }

    /// Counts the connections whose oldest request has waited too long for its reply.
    fn miss_replies(&mut self, now: Instant) {
        let EchoLoad { timeout, duration, .. } = self.work.load;
        let patience = timeout.min(duration);
        for connection in self.connections.iter().flatten() {
            self.tally.unanswered += connection.sent.len() as u64;
            if connection.sent.front().is_some_and(|sent| now.saturating_duration_since(*sent) >= patience) {
                self.tally.failures.add(Failure::NoReply);
            }
        }
    }
}
