//! Logins one after another: all of one user, so that each kicks the one before; or each of another user, so that none
//! does.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::load::crew;
use crate::load::dial::Dialer;
use crate::load::failure::{Failure, Failures};
use crate::load::latencies::Latencies;
use crate::system::stop::Stop;
use crate::wire;

/// Connections that a thread keeps before it looks what has become of the oldest.
const KEPT: usize = 16;

/// A load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KickLoad {
    pub(crate) server: SocketAddr,
    pub(crate) threads: usize,
    pub(crate) who: Who,
    pub(crate) duration: Duration,
    /// How long each step of a login may take, and a kick.
    pub(crate) timeout: Duration,
}

/// Who logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// All are one: a login kicks the connection of the one before.
    One,
    /// Each is another: nobody is kicked.
    Another,
}

/// What came of it.
pub(crate) struct Outcome {
    pub(crate) logins: u64,
    /// Connections that are known to have been kicked.
    pub(crate) kicked: u64,
    pub(crate) measured: Duration,
    /// From connecting to the reply.
    pub(crate) latencies: Latencies,
    pub(crate) failures: Failures,
}

impl Outcome {
    /// Logins a second.
    pub(crate) fn rate(&self) -> f64 {
        self.logins as f64 / self.measured.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

impl KickLoad {
    /// Runs it to its end, or until it is stopped, or something fails.
    ///
    /// # Errors
    /// The system has no threads for it.
    pub(crate) fn run(self, stop: &Stop) -> anyhow::Result<Outcome> {
        let began = Instant::now();
        let until = began + self.duration;
        let jobs = (0..self.threads).map(|thread| {
            let is_over = move || Instant::now() >= until || stop.is_asked();
            move || anyhow::Ok(self.log_in_again_and_again(thread, is_over))
        });
        let mut sum = Outcome::new();
        for one in crew::run(jobs, |_| ())? {
            sum.logins += one.logins;
            sum.kicked += one.kicked;
            sum.latencies.merge(&one.latencies);
            sum.failures.merge(one.failures);
        }
        sum.measured = began.elapsed();
        Ok(sum)
    }

    /// One thread's part.
    fn log_in_again_and_again(&self, thread: usize, is_over: impl Fn() -> bool) -> Outcome {
        let dialer = Dialer::new(self.server, self.timeout);
        let mut kept = VecDeque::with_capacity(KEPT + 1);
        let mut outcome = Outcome::new();
        for turn in 0.. {
            let number = turn * self.threads + thread;
            if is_over() || !outcome.failures.is_empty() {
                break;
            }
            let began = Instant::now();
            match dialer.ask(number, &wire::login(self.user(number)), &wire::LOGIN_REPLY) {
                Ok(stream) => kept.push_back(stream),
                Err(failure) => outcome.failures.add(failure),
            }
            outcome.latencies.record(began.elapsed());
            outcome.logins += 1;
            if kept.len() > KEPT
                && let Some(oldest) = kept.pop_front()
            {
                outcome.part(oldest, self.who);
            }
        }
        outcome
    }

    fn user(&self, number: usize) -> u16 {
        match self.who {
            Who::One => 0,
            Who::Another => number as u16,
        }
    }
}

impl Outcome {
    fn new() -> Outcome {
        Outcome {
            logins: 0,
            kicked: 0,
            measured: Duration::ZERO,
            latencies: Latencies::new(),
            failures: Failures::default(),
        }
    }

    /// Waits for the end of a connection that is kicked; any other is closed, without a trace in the kernel.
    fn part(&mut self, mut stream: TcpStream, who: Who) {
        if who == Who::Another {
            let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
            return;
        }
        match stream.read(&mut [0]) {
            Ok(0) => self.kicked += 1,
            Ok(_) => self.failures.add(Failure::Unasked),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => self.kicked += 1,
            Err(error) => self.failures.add(error.into()),
        }
    }
}
