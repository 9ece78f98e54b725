//! Connections that last as long as their server lets them: they ask one thing after the other, and come again when the
//! server ends them, as clients do while servers are stopped and take over from one another.
//!
//! A server may end a connection between two replies, in order: what it has not answered then it has not begun. Anything
//! else is a failure: a part of a reply, a reset, a reply that does not come.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};

use crate::load::counters::MOST_FAILURES;
use crate::load::crew;
use crate::load::dial::Dialer;
use crate::load::failure::{Failure, Failures};
use crate::load::latencies::Latencies;
use crate::load::replies::Replies;
use crate::system::stop::Stop;

/// How long one waits who finds nobody.
const PATIENCE: Duration = Duration::from_millis(2);

/// A load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TalkLoad {
    pub(crate) server: SocketAddr,
    pub(crate) connections: usize,
    pub(crate) threads: usize,
    /// Not measured.
    pub(crate) warm_up: Duration,
    /// Measured.
    pub(crate) duration: Duration,
    /// How long connecting may take, and a reply.
    pub(crate) timeout: Duration,
    /// There may be no server for a while: who is refused then comes again.
    pub(crate) may_be_gone: bool,
}

/// What came of it.
pub(crate) struct Outcome {
    /// Replies while it was measured.
    pub(crate) replies: u64,
    pub(crate) measured: Duration,
    pub(crate) latencies: Latencies,
    pub(crate) failures: Failures,
}

impl Outcome {
    /// Replies a second while it was measured.
    pub(crate) fn rate(&self) -> f64 {
        self.replies as f64 / self.measured.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

/// What one thread counts.
#[derive(Default)]
struct Tally {
    latencies: Latencies,
    failures: Failures,
    failed: u64,
}

impl TalkLoad {
    /// Sends `request`, whose reply is the same, again and again, to the end or until it is stopped.
    ///
    /// # Errors
    /// The system has no threads for it.
    pub(crate) fn run(self, request: &[u8], stop: &Stop) -> anyhow::Result<Outcome> {
        let from = Instant::now() + self.warm_up;
        let until = from + self.duration;
        let jobs = (0..self.threads).map(|thread| {
            let share = (thread..self.connections).step_by(self.threads);
            let talk = Talk { load: self, request, lines: share.map(Line::new).collect() };
            move || anyhow::Ok(talk.run(from, until, stop))
        });
        let mut sum = Tally::default();
        for tally in crew::run(jobs, |_| ())? {
            sum.latencies.merge(&tally.latencies);
            sum.failures.merge(tally.failures);
        }
        let measured = Instant::now().min(until).saturating_duration_since(from);
        let Tally { latencies, failures, .. } = sum;
        Ok(Outcome { replies: latencies.count(), measured, latencies, failures })
    }
}

/// One thread's connections.
struct Talk<'a> {
    load: TalkLoad,
    request: &'a [u8],
    lines: Vec<Line>,
}

/// A connection that is there as a rule.
struct Line {
    number: usize,
    stream: Option<TcpStream>,
    /// It has been answered, so it was accepted.
    is_known: bool,
    /// When the request on the way was sent.
    sent: Option<Instant>,
}

/// How a reply comes, if nothing fails.
enum Came {
    Reply,
    /// The server has ended the connection, in order.
    End,
}

impl Talk<'_> {
    fn run(mut self, from: Instant, until: Instant, stop: &Stop) -> Tally {
        let dialer = Dialer::new(self.load.server, self.load.timeout);
        let mut tally = Tally::default();
        while Instant::now() < until && !stop.is_asked() && tally.failed < MOST_FAILURES {
            for line in &mut self.lines {
                if let Err(failure) = line.ask(&dialer, self.request) {
                    self.load.fail(line, failure, &mut tally);
                }
            }
            if self.lines.iter().all(|line| line.sent.is_none()) {
                thread::sleep(PATIENCE);
            }
            for line in &mut self.lines {
                let Some(sent) = line.sent.take() else { continue };
                match line.answer(self.request) {
                    Ok(Came::Reply) => {
                        line.is_known = true;
                        let now = Instant::now();
                        if (from..until).contains(&now) {
                            tally.latencies.record(now - sent);
                        }
                    }
                    Ok(Came::End) => line.stream = None,
                    Err(failure) => self.load.fail(line, failure, &mut tally),
                }
            }
        }
        tally
    }
}

impl TalkLoad {
    /// Closes a connection, and counts its failure, unless it was to a server that has gone meanwhile.
    fn fail(&self, line: &mut Line, failure: Failure, tally: &mut Tally) {
        line.stream = None;
        line.sent = None;
        let nobody_was_there = matches!(failure, Failure::Refused | Failure::Reset) && !line.is_known;
        if self.may_be_gone && nobody_was_there {
            return;
        }
        tally.failures.add(failure);
        tally.failed += 1;
    }
}

impl Line {
    fn new(number: usize) -> Line {
        Line { number, stream: None, is_known: false, sent: None }
    }

    /// Sends a request, on a new connection if the server has ended the last one.
    fn ask(&mut self, dialer: &Dialer, request: &[u8]) -> Result<(), Failure> {
        if self.stream.as_ref().is_some_and(has_ended) {
            self.stream = None;
        }
        let stream = match &mut self.stream {
            Some(stream) => stream,
            empty => {
                self.is_known = false;
                empty.insert(dialer.open(self.number)?)
            }
        };
        stream.write_all(request)?;
        self.sent = Some(Instant::now());
        Ok(())
    }

    /// Waits for the reply.
    fn answer(&mut self, request: &[u8]) -> Result<Came, Failure> {
        let Some(stream) = &mut self.stream else { return Ok(Came::End) };
        let mut reply = vec![0; request.len()];
        let count = match stream.read(&mut reply) {
            Ok(0) => return Ok(Came::End),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => return Err(error.into()),
        };
        stream.read_exact(&mut reply[count..])?;
        Replies::default().take(request, &reply)?;
        Ok(Came::Reply)
    }
}

/// Whether the server has said that nothing more comes.
fn has_ended(stream: &TcpStream) -> bool {
    let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
    !matches!(recv(stream, &mut [0; 1], flags), Err(Errno::AGAIN) | Ok((1.., _)))
}
