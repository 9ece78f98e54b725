//! One connection to the server: frames out under a lock, frames in on a thread of its own.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mario_proto::{Frame, Packet};

use super::Settings;
use super::pushes::PushQueue;
use crate::client::conversation::{Conversation, Failure, Reply};
use crate::client::correlation::Correlation;
use crate::client::error::{Disconnect, Error, Result};
use crate::client::inflow::Inflow;
use crate::client::lock;
use crate::client::matcher::Ticket;
use crate::client::received::Received;

/// A connection, and the calls on it that are not answered.
///
/// Only the thread that [reads](Connection::read) ends it. Whoever else wants it ended says why, and shuts the socket
/// down: so replies that have come are still delivered.
pub(super) struct Connection {
    stream: TcpStream,
    write_timeout: Duration,
    /// Held from the place of a call in the order until its frame is written.
    sending: Mutex<()>,
    conversation: Mutex<Conversation<Waiting>>,
    pushes: Arc<PushQueue>,
}

type Waiting = SyncSender<Reply>;

impl Connection {
    pub(super) fn new(stream: TcpStream, settings: &Settings, pushes: Arc<PushQueue>) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(settings.call_timeout))?;
        Ok(Connection {
            stream,
            write_timeout: settings.call_timeout,
            sending: Mutex::default(),
            conversation: Mutex::new(Conversation::new(settings.stx, settings.max_packet)),
            pushes,
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
            Err(RecvTimeoutError::Timeout) if lock(&self.conversation).give_up(ticket) => {
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
        let _turn = lock(&self.sending);
        let (ticket, frame) = lock(&self.conversation).request(command, request, correlation, waiting)?;
        // If it can't be written, the end of the connection tells.
        let _ = self.write(&frame);
        Ok(ticket)
    }

    /// Sends a frame that gets no reply.
    pub(super) fn send(&self, command: u16, packet: &impl Packet) -> Result<(), Failure> {
        let _turn = lock(&self.sending);
        let frame = lock(&self.conversation).message(command, packet)?;
        self.write(&frame).map_err(|cause| Error::Lost { command, cause }.into())
    }

    /// Sends a heartbeat; ends the connection if nothing came during the latest ones.
    pub(super) fn beat(&self, command: u16) {
        let _turn = lock(&self.sending);
        let heartbeat = lock(&self.conversation).heartbeat(command);
        match heartbeat {
            Ok(frame) => drop(self.write(&frame)),
            Err(Failure::NotSent(cause)) => self.close(cause),
            Err(Failure::Error(_)) => {}
        }
    }

    /// Lets nothing more be sent, and ends the connection once what has come is read.
    pub(super) fn close(&self, cause: Disconnect) {
        lock(&self.conversation).close(cause);
        // It fails if the other side has closed it, too.
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Reads until the connection ends, and says why it did.
    pub(super) fn read(&self) -> Disconnect {
        let cause = match self.deliver() {
            Ok(()) => Disconnect::ByServer,
            Err(cause) => cause,
        };
        self.close(cause.clone());
        let (cause, waiting) = lock(&self.conversation).end(cause);
        for waiting in waiting {
            hand(&waiting, Err(cause.clone()));
        }
        cause
    }

    /// Delivers frames until the end of the stream.
    fn deliver(&self) -> Result<(), Disconnect> {
        let mut inflow = Inflow::new();
        loop {
            match (&self.stream).read(inflow.room()) {
                Ok(0) => return Ok(()),
                Ok(count) => inflow.fill(count),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(Disconnect::Failed(error.kind())),
            }
            // Whoever gives a call up does so under the same lock: a reply is handed over before, or not at all.
            let taken = lock(&self.conversation)
                .receive(inflow.bytes(), |waiting, frame| self.arrived(waiting, frame))?;
            inflow.consume(taken);
        }
    }

    fn arrived(&self, waiting: Option<Waiting>, frame: Frame<'_>) {
        let frame = Received::new(frame);
        match waiting {
            Some(waiting) => hand(&waiting, Ok(frame)),
            None => self.pushes.push(frame),
        }
    }

    /// Writes a frame, or ends the connection, as a part of it may have been written.
    fn write(&self, frame: &[u8]) -> Result<(), Disconnect> {
        (&self.stream).write_all(frame).map_err(|error| {
            let cause = match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                    Disconnect::Stalled { after: self.write_timeout }
                }
                kind => Disconnect::of_write(kind),
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

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("peer", &self.stream.peer_addr().ok()).finish_non_exhaustive()
    }
}
