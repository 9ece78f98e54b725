//! One thread's connections that log in, opened without waiting for any of them.
//!
//! Each is a socket and a few words: there may be very many. What happens to them comes out as news.
//!
//! mario's own fleet is for such loads too, and whoever writes one for a protocol of his own should take it. This one is
//! for measuring, where it would be in the way:
//! - it tells why a connection failed in words of its own, and not by what the system said;
//! - it knows neither closing by a reset, without which a million connections leave more in TIME_WAIT than are measured,
//!   nor `IP_BIND_ADDRESS_NO_PORT`, without which a free port is looked for among all;
//! - a login leaves here with the dial, and saves an event and a registration for writing of each connection: the load
//!   shares the cores with what it measures;
//! - and a tool that measures mario by mario would hide a fault that both have.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, connect, recv, send, socket_with, sockopt,
};
use serde::Serialize;

use crate::load::failure::Failure;
use crate::load::replies::Replies;
use crate::load::sources::{self, Sources};
use crate::system::epoll::{Epoll, Event, Events};
use crate::wire;

/// Replies are short, and one is on the way.
const INPUT: usize = 1024;

/// How connections are closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Close {
    /// As clients do: the end of the stream is sent, and the port waits for a minute (TIME_WAIT).
    Fin,
    /// By a reset, which leaves nothing behind in the kernel.
    Reset,
}

/// Whereto and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) server: SocketAddr,
    pub(crate) close: Close,
    /// How long it may take until a connection is logged in, and until a reply.
    pub(crate) timeout: Duration,
}

/// What happened to a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum News {
    /// It is open, and its login was answered.
    LoggedIn { line: usize, took: Duration },
    /// Its request was answered.
    Answered { took: Duration },
    /// It is gone.
    Failed { was_open: bool, failure: Failure },
}

/// The connections.
pub(crate) struct Fleet {
    manner: Manner,
    sources: Sources,
    epoll: Epoll,
    events: Events,
    lines: Vec<Slot>,
    free: Vec<usize>,
    /// Those that wait for an answer, by when that is too late. Some have got theirs, and are passed over.
    waiting: VecDeque<(Instant, Key)>,
    idle: usize,
    open: usize,
    choice: fastrand::Rng,
    input: Box<[u8; INPUT]>,
    news: Vec<News>,
}

/// A place for a connection.
#[derive(Default)]
struct Slot {
    /// Changes with each answer and each connection.
    turn: u32,
    line: Option<Line>,
}

/// A connection, or one that is about to be.
struct Line {
    socket: OwnedFd,
    state: State,
    replies: Replies,
    /// The turn of its place when it was dialled.
    born: u32,
    /// When what it waits for was meant to begin.
    since: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Connecting,
    LoggingIn,
    Idle,
    Asked,
}

/// A place, and what was in it when.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    index: usize,
    turn: u32,
}

impl Fleet {
    /// No connection yet. The thread that makes it must be the one that uses it, as descriptors may be its own.
    ///
    /// # Errors
    /// The system has no descriptor for it.
    pub(crate) fn new(manner: Manner, thread: usize) -> io::Result<Fleet> {
        Ok(Fleet {
            manner,
            sources: Sources::new(manner.server, thread),
            epoll: Epoll::new()?,
            events: Events::new(),
            lines: Vec::new(),
            free: Vec::new(),
            waiting: VecDeque::new(),
            idle: 0,
            open: 0,
            choice: fastrand::Rng::with_seed(thread as u64),
            input: Box::new([0; INPUT]),
            news: Vec::new(),
        })
    }

    /// Connections that are open or about to be.
    pub(crate) fn len(&self) -> usize {
        self.lines.len() - self.free.len()
    }

    /// Connections that are about to be.
    pub(crate) fn dialing(&self) -> usize {
        self.len() - self.open
    }

    /// Whether some connection waits for nothing.
    pub(crate) fn has_idle(&self) -> bool {
        self.idle > 0
    }

    /// Whether no connection waits for an answer.
    pub(crate) fn is_idle(&self) -> bool {
        self.idle == self.len()
    }

    /// Begins to open a connection, which was meant to begin at `since`.
    pub(crate) fn dial(&mut self, since: Instant) {
        let index = self.free.pop().unwrap_or_else(|| {
            self.lines.push(Slot::default());
            self.lines.len() - 1
        });
        let key = Key { index, turn: self.lines[index].turn };
        match self.try_dial(key, since) {
            Ok(line) => {
                self.lines[index].line = Some(line);
                self.waiting.push_back((Instant::now() + self.manner.timeout, key));
            }
            Err(failure) => {
                self.free.push(index);
                self.news.push(News::Failed { was_open: false, failure });
            }
        }
    }

    fn try_dial(&mut self, key: Key, since: Instant) -> Result<Line, Failure> {
        let socket = self.socket()?;
        let state = match connect(&socket, &self.manner.server) {
            // On the loopback network it is connected by now, whatever the call says: the login may leave at once.
            Ok(()) | Err(Errno::INPROGRESS) => log_in(&socket, key.index)?,
            Err(error) => return Err(io::Error::from(error).into()),
        };
        let token = u64::from(key.turn) << 32 | key.index as u64;
        match state {
            State::Connecting => self.epoll.add(&socket, token)?,
            // Nothing more is to be written before the answer comes.
            _ => self.epoll.add_for_reading(&socket, token)?,
        }
        Ok(Line { socket, state, replies: Replies::default(), born: key.turn, since })
    }

    fn socket(&mut self) -> io::Result<OwnedFd> {
        let family = match self.manner.server {
            SocketAddr::V4(_) => AddressFamily::INET,
            SocketAddr::V6(_) => AddressFamily::INET6,
        };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(family, SocketType::STREAM, flags, None)?;
        if let Some(source) = self.sources.next() {
            sources::bind(&socket, source)?;
        }
        if self.manner.close == Close::Reset {
            sockopt::set_socket_linger(&socket, Some(Duration::ZERO))?;
        }
        Ok(socket)
    }

    /// Sends a request, which was meant to be sent at `since`, on some connection that waits for nothing. Whether there
    /// is one.
    pub(crate) fn ask(&mut self, since: Instant) -> bool {
        let Some(index) = self.any_idle() else { return false };
        let slot = &mut self.lines[index];
        let Some(line) = &mut slot.line else { return false };
        match send_login(&line.socket, index) {
            Ok(()) => {
                (line.state, line.since) = (State::Asked, since);
                self.idle -= 1;
                let key = Key { index, turn: slot.turn };
                self.waiting.push_back((Instant::now() + self.manner.timeout, key));
            }
            Err(failure) => self.fail(index, failure),
        }
        true
    }

    /// Closes some connection that waits for nothing. Whether there is one.
    pub(crate) fn close_any(&mut self) -> bool {
        let found = self.any_idle();
        if let Some(index) = found {
            self.close(index);
        }
        found.is_some()
    }

    /// Closes a connection that is open.
    pub(crate) fn close(&mut self, index: usize) {
        let slot = &mut self.lines[index];
        if let Some(line) = slot.line.take() {
            slot.turn = slot.turn.wrapping_add(1);
            self.open -= usize::from(line.is_open());
            self.idle -= usize::from(line.state == State::Idle);
            self.free.push(index);
        }
    }

    fn any_idle(&mut self) -> Option<usize> {
        if self.idle == 0 {
            return None;
        }
        let is_idle = |slot: &Slot| slot.line.as_ref().is_some_and(|line| line.state == State::Idle);
        let from = self.choice.usize(..self.lines.len());
        let (before, after) = self.lines.split_at(from);
        let found = after.iter().position(is_idle).map(|index| from + index);
        found.or_else(|| before.iter().position(is_idle))
    }

    /// Waits until something happens, but no longer than `limit`; the news since it was called last.
    ///
    /// # Errors
    /// The system does not let it wait.
    pub(crate) fn wait(&mut self, limit: Duration, news: &mut Vec<News>) -> io::Result<()> {
        let limit = if self.news.is_empty() { limit } else { Duration::ZERO };
        let mut events = std::mem::take(&mut self.events);
        self.epoll.wait(&mut events, limit)?;
        for event in events.drain() {
            self.turn(event);
        }
        self.events = events;
        self.give_up_waiting(Instant::now());
        news.clear();
        news.append(&mut self.news);
        Ok(())
    }

    fn turn(&mut self, event: Event) {
        let index = event.token as u32 as usize;
        let Some(slot) = self.lines.get_mut(index) else { return };
        let Some(line) = &mut slot.line else { return };
        // The socket of an event may be closed by now, and another be in its place.
        if line.born != (event.token >> 32) as u32 {
            return;
        }
        if line.state == State::Connecting && event.is_writable() {
            match log_in(&line.socket, index) {
                Ok(state) => line.state = state,
                Err(failure) => return self.fail(index, failure),
            }
        }
        if event.is_readable()
            && let Err(failure) = self.read(index, event.is_over())
        {
            self.fail(index, failure);
        }
    }
    /// Takes what has come. A read that does not fill the buffer has taken all, unless the peer sends no more.
    fn read(&mut self, index: usize, is_over: bool) -> Result<(), Failure> {
        loop {
            let Some(line) = &mut self.lines[index].line else { return Ok(()) };
            let count = match recv(&line.socket, &mut self.input[..], RecvFlags::empty()) {
                Ok((0, _)) => return Err(Failure::Closed),
                Ok((count, _)) => count,
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => continue,
                Err(error) => return Err(io::Error::from(error).into()),
            };
            match line.replies.take(&wire::LOGIN_REPLY, &self.input[..count])? {
                0 => {}
                1 if matches!(line.state, State::LoggingIn | State::Asked) => self.answered(index),
                _ => return Err(Failure::Unasked),
            }
            if count < INPUT && !is_over {
                return Ok(());
            }
        }
    }

    fn answered(&mut self, index: usize) {
        let slot = &mut self.lines[index];
        let Some(line) = &mut slot.line else { return };
        slot.turn = slot.turn.wrapping_add(1);
        let took = line.since.elapsed();
        if line.state == State::LoggingIn {
            self.open += 1;
            self.news.push(News::LoggedIn { line: index, took });
        } else {
            self.news.push(News::Answered { took });
        }
        line.state = State::Idle;
        self.idle += 1;
    }

    fn fail(&mut self, index: usize, failure: Failure) {
        let was_open = self.lines[index].line.as_ref().is_some_and(Line::is_open);
        self.close(index);
        self.news.push(News::Failed { was_open, failure });
    }

    /// Fails those that have waited too long.
    fn give_up_waiting(&mut self, now: Instant) {
        while let Some(&(until, Key { index, turn })) = self.waiting.front() {
            let slot = &self.lines[index];
            let state = slot.line.as_ref().filter(|_| slot.turn == turn).map(|line| line.state);
            match state {
                Some(_) if now < until => return,
                Some(State::Connecting) => self.fail(index, Failure::NotConnected),
                Some(State::LoggingIn | State::Asked) => self.fail(index, Failure::NoReply),
                Some(State::Idle) | None => {}
            }
            self.waiting.pop_front();
        }
    }
}

impl Line {
    fn is_open(&self) -> bool {
        matches!(self.state, State::Idle | State::Asked)
    }
}

/// Sends the login, if the socket is connected.
fn log_in(socket: &OwnedFd, index: usize) -> Result<State, Failure> {
    match send_login(socket, index) {
        Ok(()) => Ok(State::LoggingIn),
        Err(Failure::NoReply) => Ok(State::Connecting),
        Err(failure) => Err(failure),
    }
}

/// Sends a login whole: it is so short, and comes after the answer to all before it, that there is room for it.
fn send_login(socket: &OwnedFd, index: usize) -> Result<(), Failure> {
    let login = wire::login(index as u16);
    match send(socket, &login, SendFlags::NOSIGNAL) {
        Ok(count) if count == login.len() => Ok(()),
        Ok(_) => Err(Failure::System(io::ErrorKind::WriteZero)),
        Err(error) => Err(io::Error::from(error).into()),
    }
}
