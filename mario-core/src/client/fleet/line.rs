//! One connection of a fleet: its socket, and what could not be written or handed over yet.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use mario_proto::{Framing, Payload, frame_to_vec};
use mio::event::Source;
use mio::net::TcpStream;
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use crate::client::conversation::HEARTBEATS;
use crate::client::error::{Disconnect, Error, Result};
use crate::client::inflow::Inflow;
use crate::client::is_own_echo;

/// What an empty buffer may keep, in bytes: many connections share the memory.
const KEPT: usize = 512;

pub(super) struct Line {
    stream: TcpStream,
    target: SocketAddr,
    state: State,
    /// The begin of a frame.
    partial: Vec<u8>,
    /// What the system has not taken.
    unsent: Vec<u8>,
    /// Heartbeats that were sent since something came.
    unheard: u32,
}

enum State {
    Connecting,
    Open,
    /// With how it ended, until that is told.
    Ended(Option<End>),
}

/// How a connection ends.
pub(super) enum End {
    /// It was never there.
    Failed(Error),
    Closed(Disconnect),
}

impl Line {
    /// Begins to connect.
    pub(super) fn connect(target: SocketAddr, source: Option<IpAddr>) -> io::Result<Self> {
        let stream = match source {
            None => TcpStream::connect(target)?,
            Some(source) => connect_from(source, target)?,
        };
        let (partial, unsent) = (Vec::new(), Vec::new());
        Ok(Line { stream, target, state: State::Connecting, partial, unsent, unheard: 0 })
    }

    pub(super) fn source(&mut self) -> &mut impl Source {
        &mut self.stream
    }

    pub(super) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }

    pub(super) fn is_connecting(&self) -> bool {
        matches!(self.state, State::Connecting)
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    pub(super) fn is_ended(&self) -> bool {
        matches!(self.state, State::Ended(_))
    }

    /// Why it is closed, if it is and that is not told yet.
    pub(super) fn cause(&self) -> Option<Disconnect> {
        match &self.state {
            State::Ended(Some(End::Closed(cause))) => Some(cause.clone()),
            _ => None,
        }
    }

    /// It ends so, unless it has ended already.
    pub(super) fn end(&mut self, end: End) {
        if !self.is_ended() {
            self.state = State::Ended(Some(end));
        }
    }

    /// How it ended, to be told.
    pub(super) fn take_end(&mut self) -> Option<End> {
        match &mut self.state {
            State::Ended(end) => end.take(),
            _ => None,
        }
    }

    /// How many bytes the system has not taken.
    pub(super) fn unsent(&self) -> usize {
        self.unsent.len()
    }

    /// Sends bytes behind those that are unsent.
    pub(super) fn send(&mut self, bytes: &[u8]) {
        let is_behind = !self.unsent.is_empty();
        self.unsent.extend_from_slice(bytes);
        if self.is_open() && !is_behind {
            self.flush();
        }
    }

    /// Sends a heartbeat, or ends if nothing came during the latest ones.
    pub(super) fn beat(&mut self, framing: Framing, command: u16) {
        if self.unheard >= HEARTBEATS {
            return self.end(End::Closed(Disconnect::Silent { heartbeats: HEARTBEATS }));
        }
        self.unheard += 1;
        if let Ok(frame) = frame_to_vec(framing.stx(), command, &Payload::default()) {
            self.send(&frame);
        }
    }

    /// Writes what is unsent; before that, sees how connecting went.
    pub(super) fn write(&mut self, connect_timeout: Duration) {
        if self.is_connecting() {
            match self.connected(connect_timeout) {
                Ok(true) => self.state = State::Open,
                Ok(false) => {}
                Err(error) => self.end(End::Failed(error)),
            }
        }
        if self.is_open() {
            self.flush();
        }
    }

    /// Reads behind the begin of a frame that came before. `false` if nothing has come.
    pub(super) fn read(&mut self, inflow: &mut Inflow) -> bool {
        inflow.put(&self.partial);
        let cause = loop {
            match self.stream.read(inflow.room()) {
                Ok(0) => break Disconnect::ByServer,
                Ok(count) => {
                    inflow.fill(count);
                    self.unheard = 0;
                    return true;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(error) => break Disconnect::Failed(error.kind()),
            }
        };
        self.end(End::Closed(cause));
        false
    }

    /// Keeps the begin of a frame.
    pub(super) fn keep(&mut self, partial: &[u8]) {
        self.partial.clear();
        self.partial.shrink_to(KEPT);
        self.partial.extend_from_slice(partial);
    }

    /// Whether it is connected by now.
    fn connected(&self, timeout: Duration) -> Result<bool> {
        let failed = |source| Error::connecting(&self.target.to_string(), Some(source), timeout);
        if let Some(error) = self.stream.take_error().map_err(failed)? {
            return Err(failed(error));
        }
        match self.stream.peer_addr() {
            Err(error) if error.kind() == ErrorKind::NotConnected => return Ok(false),
            peer if is_own_echo(&self.stream.local_addr(), &peer) => {
                return Err(failed(ErrorKind::ConnectionRefused.into()));
            }
            _ => {}
        }
        // Without it, it is only slower.
        let _ = self.stream.set_nodelay(true);
        Ok(true)
    }

    fn flush(&mut self) {
        let mut written = 0;
        while written < self.unsent.len() {
            match self.stream.write(&self.unsent[written..]) {
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return self.end(End::Closed(Disconnect::of_write(error.kind()))),
            }
        }
        self.unsent.drain(..written);
        if self.unsent.is_empty() {
            self.unsent.shrink_to(KEPT);
        }
    }
}

fn connect_from(source: IpAddr, target: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(target), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::from((source, 0)).into())?;
    match socket.connect(&target.into()) {
        Err(error) if !is_under_way(&error) => Err(error),
        _ => Ok(TcpStream::from_std(socket.into())),
    }
}

/// Whether connecting goes on meanwhile.
fn is_under_way(error: &io::Error) -> bool {
    Errno::from_io_error(error).is_some_and(|error| error == Errno::INPROGRESS || error == Errno::WOULDBLOCK)
}
