//! One connection to the server: frames out under a lock, frames in on a thread of its own.

use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use mario_proto::{Frame, Framing, Packet, frame_to_vec};

use super::builder::Settings;
use super::correlation::Correlation;
use super::error::{Disconnect, Error, Result};
use super::lock;
use super::matcher::{Arrival, Busy, Matcher, Ticket};
use super::pushes::PushQueue;
use super::received::Received;

/// After so many heartbeats during which nothing came, nobody is there any more.
const HEARTBEATS: u32 = 3;

/// What one read takes at most: the longest frame there is.
const READ_BUFFER: usize = 1 << 16;

/// A connection, and the calls on it that are not answered.
///
/// Only the thread that [reads](Connection::read) ends it. Whoever else wants it ended says why, and shuts the socket
/// down: so replies that have come are still delivered.
pub(super) struct Connection {
    stream: TcpStream,
    framing: Framing,
    write_timeout: Duration,
    /// Held from the place of a call in the order until its frame is written.
    sending: Mutex<()>,
    calls: Mutex<Calls>,
    pushes: Arc<PushQueue>,
    /// Heartbeats that were sent since something came.
    unheard: AtomicU32,
}

struct Calls {
    matcher: Matcher<Waiting>,
    /// Why the connection ends. Nothing more is sent.
    cause: Option<Disconnect>,
}

/// The reply, or why the connection ended without one.
type Reply = Result<Received, Disconnect>;
type Waiting = SyncSender<Reply>;

/// Why a frame was not sent, or not answered.
pub(super) enum Failure {
    /// The connection had ended before anything was written.
    NotSent,
    /// All else.
    Error(Error),
}

impl Connection {
    pub(super) fn new(
        stream: TcpStream,
        settings: &Settings,
        pushes: Arc<PushQueue>,
    ) -> std::io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(settings.call_timeout))?;
        Ok(Connection {
            stream,
            framing: Framing::new(settings.stx.0, settings.max_packet),
            write_timeout: settings.call_timeout,
            sending: Mutex::default(),
            calls: Mutex::new(Calls { matcher: Matcher::new(), cause: None }),
            pushes,
            unheard: AtomicU32::new(0),
        })
    }

    /// Sends a request and waits for its reply.
    pub(super) fn call(
        &self,
        command: u16,
        request: &mut impl Packet,
        correlation: Option<Correlation>,
        (timeout, deadline): (Duration, Instant),
    ) -> Result<Received, Failure> {
        let (waiting, reply) = mpsc::sync_channel(1);
        let ticket = self.request(command, request, correlation, waiting)?;
        let left = deadline.saturating_duration_since(Instant::now());
        let reply = match reply.recv_timeout(left) {
            Err(RecvTimeoutError::Timeout) if lock(&self.calls).matcher.give_up(ticket) => {
                return Err(Error::TimedOut { command, after: timeout }.into());
            }
            // It came at the last moment.
            Err(_) => reply.recv().unwrap_or(Err(Disconnect::ByClient)),
            Ok(reply) => reply,
        };
        reply.map_err(|cause| Error::Lost { command, cause }.into())
    }

    fn request(
        &self,
        command: u16,
        request: &mut impl Packet,
        correlation: Option<Correlation>,
        waiting: Waiting,
    ) -> Result<Ticket, Failure> {
        let busy = |Busy| Error::Busy { command };
        let _turn = lock(&self.sending);
        let number = match correlation {
            Some(correlation) => Some(lock(&self.calls).matcher.number(command, correlation).map_err(busy)?),
            None => None,
        };
        if let Some(number) = number {
            request.set_correlation(number.value);
        }
        let frame = self.frame(command, request)?;
        let ticket = self.open()?.matcher.expect(command, number, Some(waiting)).map_err(busy)?;
        // If it can't be written, the end of the connection tells.
        let _ = self.write(&frame);
        Ok(ticket)
    }

    /// Sends a frame that gets no reply.
    pub(super) fn send(&self, command: u16, packet: &impl Packet) -> Result<(), Failure> {
        let frame = self.frame(command, packet)?;
        let _turn = lock(&self.sending);
        drop(self.open()?);
        self.write(&frame).map_err(|cause| Error::Lost { command, cause }.into())
    }

    /// Sends a heartbeat, whose reply nobody waits for; ends the connection if nothing came during the latest ones.
    pub(super) fn beat(&self, command: u16) {
        if self.unheard.fetch_add(1, Ordering::Relaxed) >= HEARTBEATS {
            return self.close(Disconnect::Silent { heartbeats: HEARTBEATS });
        }
        if let Ok(frame) = self.frame(command, &mario_proto::Payload(&[])) {
            let _turn = lock(&self.sending);
            if let Ok(mut calls) = self.open() {
                // Full of those whose replies do not come: then this one's has no place to keep either.
                let _ = calls.matcher.expect(command, None, None);
                drop(calls);
                let _ = self.write(&frame);
            }
        }
    }

    /// Lets nothing more be sent, and ends the connection once what has come is read.
    pub(super) fn close(&self, cause: Disconnect) {
        lock(&self.calls).cause.get_or_insert(cause);
        // It fails if the other side has closed it, too.
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Why the connection ended or is about to, if so.
    pub(super) fn cause(&self) -> Option<Disconnect> {
        lock(&self.calls).cause.clone()
    }

    /// Reads until the connection ends, and says why it did.
    pub(super) fn read(&self) -> Disconnect {
        let cause = match self.deliver() {
            Ok(()) => Disconnect::ByServer,
            Err(cause) => cause,
        };
        self.close(cause.clone());
        let mut calls = lock(&self.calls);
        let cause = calls.cause.clone().unwrap_or(cause);
        for waiting in calls.matcher.end() {
            hand(&waiting, Err(cause.clone()));
        }
        cause
    }

    /// Delivers frames until the end of the stream.
    fn deliver(&self) -> Result<(), Disconnect> {
        let mut buffer = vec![0; READ_BUFFER];
        let mut filled = 0;
        loop {
            match (&self.stream).read(&mut buffer[filled..]) {
                Ok(0) => return Ok(()),
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(Disconnect::Failed(error.kind())),
            }
            self.unheard.store(0, Ordering::Relaxed);
            let mut input = &buffer[..filled];
            while let Some((frame, rest)) = self.framing.split(input)? {
                self.arrived(frame)?;
                input = rest;
            }
            let left = input.len();
            buffer.copy_within(filled - left..filled, 0);
            filled = left;
        }
    }

    fn arrived(&self, frame: Frame<'_>) -> Result<(), Disconnect> {
        // Whoever gives a call up does so under the same lock: a reply is handed over before, or not at all.
        let mut calls = lock(&self.calls);
        match calls.matcher.arrive(frame.cmd, frame.payload) {
            Arrival::For(waiting) => hand(&waiting, Ok(Received::new(frame))),
            Arrival::Late => {}
            Arrival::Nobody => self.pushes.push(Received::new(frame)),
            Arrival::Unreadable => return Err(Disconnect::Uncorrelated { command: frame.cmd }),
        }
        Ok(())
    }

    fn frame(&self, command: u16, packet: &impl Packet) -> Result<Vec<u8>, Error> {
        frame_to_vec(self.framing.stx(), command, packet).map_err(|source| Error::Encode { command, source })
    }

    /// The calls, unless nothing is sent any more.
    fn open(&self) -> Result<MutexGuard<'_, Calls>, Failure> {
        let calls = lock(&self.calls);
        if calls.cause.is_some() { Err(Failure::NotSent) } else { Ok(calls) }
    }

    /// Writes a frame, or ends the connection, as a part of it may have been written.
    fn write(&self, frame: &[u8]) -> Result<(), Disconnect> {
        (&self.stream).write_all(frame).map_err(|error| {
            let cause = match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                    Disconnect::Stalled { after: self.write_timeout }
                }
                ErrorKind::BrokenPipe => Disconnect::ByServer,
                kind => Disconnect::Failed(kind),
            };
            self.close(cause.clone());
            cause
        })
    }
}

/// There is room for one reply, and only one is handed over.
fn hand(waiting: &Waiting, reply: Reply) {
    // Who waited may have panicked meanwhile.
    let _ = waiting.try_send(reply);
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Error(error)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("peer", &self.stream.peer_addr().ok()).finish_non_exhaustive()
    }
}
