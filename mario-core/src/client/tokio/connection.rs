//! One connection to the server: frames out and in by a task each.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ::tokio::net::TcpStream;
use ::tokio::sync::{Notify, oneshot};
use ::tokio::time::{timeout, timeout_at};
use mario_proto::{Frame, Packet};
use socket2::SockRef;

use super::Settings;
use super::pushes::PushQueue;
use crate::client::conversation::{Conversation, Failure, Reply};
use crate::client::correlation::Correlation;
use crate::client::error::{Disconnect, Error, Result};
use crate::client::inflow::Inflow;
use crate::client::lock;
use crate::client::matcher::Ticket;
use crate::client::received::Received;

/// With so much to write, calls wait before they add to it; in bytes.
const HIGH_WATER: u64 = 1 << 18;

/// A connection, and the calls on it that are not answered.
///
/// Only its [`Reader`] ends it. Whoever else wants it ended says why, and shuts the socket
/// down: so replies that have come are still delivered.
pub(super) struct Connection {
    stream: TcpStream,
    write_timeout: Duration,
    /// Never held while a task waits.
    talk: Mutex<Talk>,
    /// There is something to write, or nothing ever again.
    filled: Notify,
    /// Some of it is written, or nothing ever will be.
    drained: Notify,
    pushes: Arc<PushQueue>,
}

struct Talk {
    conversation: Conversation<Waiting>,
    /// Frames that the task that writes has not taken yet.
    outgoing: Vec<u8>,
    /// Bytes that were ever put to the outgoing.
    queued: u64,
    /// Bytes of these that the system has taken.
    written: u64,
}

type Waiting = oneshot::Sender<Reply>;

/// A call that nobody waits for any more once this is dropped.
struct Call<'a> {
    connection: &'a Connection,
    ticket: Ticket,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, settings: &Settings, pushes: Arc<PushQueue>) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let conversation = Conversation::new(settings.stx, settings.max_packet);
        Ok(Connection {
            stream,
            write_timeout: settings.call_timeout,
            talk: Mutex::new(Talk { conversation, outgoing: Vec::new(), queued: 0, written: 0 }),
            filled: Notify::new(),
            drained: Notify::new(),
            pushes,
        })
    }

    /// Sends a request and waits for its reply.
    pub(super) async fn call(
        &self,
        command: u16,
        request: &mut impl Packet,
        correlation: Option<Correlation>,
        (after, deadline): (Duration, Instant),
    ) -> Result<Received, Failure> {
        let timed_out = || Error::TimedOut { command, after };
        timeout_at(deadline.into(), self.has_room()).await.map_err(|_| timed_out())?;
        let (waiting, mut reply) = oneshot::channel();
        let ticket = {
            let mut talk = lock(&self.talk);
            let (ticket, frame) = talk.conversation.request(command, request, correlation, waiting)?;
            talk.queue(&frame);
            ticket
        };
        let call = Call { connection: self, ticket };
        self.filled.notify_one();
        let reply = match timeout_at(deadline.into(), &mut reply).await {
            Err(_) if call.give_up() => return Err(timed_out().into()),
            // It came at the last moment.
            Err(_) => reply.await,
            Ok(reply) => reply,
        };
        reply.unwrap_or(Err(Disconnect::ByClient)).map_err(|cause| Error::Lost { command, cause }.into())
    }

    /// Sends a frame that gets no reply.
    pub(super) async fn send(&self, command: u16, packet: &impl Packet) -> Result<(), Failure> {
        self.has_room().await;
        let end = {
            let mut talk = lock(&self.talk);
            let frame = talk.conversation.message(command, packet)?;
            talk.queue(&frame)
        };
        self.filled.notify_one();
        self.drained(|talk| talk.written >= end).await;
        let talk = lock(&self.talk);
        match talk.conversation.cause() {
            Some(cause) if talk.written < end => Err(Error::Lost { command, cause }.into()),
            _ => Ok(()),
        }
    }

    /// Sends a heartbeat; ends the connection if nothing came during the latest ones.
    pub(super) fn beat(&self, command: u16) {
        let heartbeat = {
            let mut talk = lock(&self.talk);
            talk.conversation.heartbeat(command).map(|frame| talk.queue(&frame))
        };
        match heartbeat {
            Ok(_) => self.filled.notify_one(),
            Err(Failure::NotSent(cause)) => self.close(cause),
            Err(Failure::Error(_)) => {}
        }
    }

    /// Lets nothing more be sent, and ends the connection once what has come is read.
    pub(super) fn close(&self, cause: Disconnect) {
        lock(&self.talk).conversation.close(cause);
        // It fails if the other side has closed it, too.
        let _ = SockRef::from(&self.stream).shutdown(Shutdown::Both);
        self.filled.notify_one();
        self.drained.notify_waiters();
    }

    /// Delivers frames until the end of the stream.
    async fn deliver(&self) -> Result<(), Disconnect> {
        let failed = |error: io::Error| Disconnect::Failed(error.kind());
        let mut inflow = Inflow::new();
        loop {
            self.stream.readable().await.map_err(failed)?;
            match self.stream.try_read(inflow.room()) {
                Ok(0) => return Ok(()),
                Ok(count) => inflow.fill(count),
                Err(error) if is_passing(&error) => continue,
                Err(error) => return Err(failed(error)),
            }
            // Whoever gives a call up does so under the same lock: a reply is handed over before, or not at all.
            let taken = lock(&self.talk)
                .conversation
                .receive(inflow.bytes(), |waiting, frame| self.arrived(waiting, frame))?;
            inflow.consume(taken);
        }
    }

    fn arrived(&self, waiting: Option<Waiting>, frame: Frame<'_>) {
        let frame = Received::new(frame);
        match waiting {
            // Who waited may have gone this very moment.
            Some(waiting) => drop(waiting.send(Ok(frame))),
            None => self.pushes.push(frame),
        }
    }

    /// Writes what is to be written, until the connection ends.
    pub(super) async fn write(&self) {
        let mut frames = Vec::new();
        loop {
            {
                let mut talk = lock(&self.talk);
                if talk.conversation.is_closed() {
                    return;
                }
                frames.clear();
                std::mem::swap(&mut frames, &mut talk.outgoing);
            }
            if frames.is_empty() {
                self.filled.notified().await;
            } else if let Err(cause) = self.write_all(&frames).await {
                // A part of a frame may have been written.
                return self.close(cause);
            }
        }
    }

    async fn write_all(&self, mut bytes: &[u8]) -> Result<(), Disconnect> {
        while !bytes.is_empty() {
            let writable = timeout(self.write_timeout, self.stream.writable()).await;
            let ready = writable.map_err(|_| Disconnect::Stalled { after: self.write_timeout })?;
            match ready.and_then(|()| self.stream.try_write(bytes)) {
                Ok(count) => {
                    bytes = &bytes[count..];
                    lock(&self.talk).written += count as u64;
                    self.drained.notify_waiters();
                }
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(Disconnect::of_write(error.kind())),
            }
        }
        Ok(())
    }

    /// Waits until not too much is to be written, or the connection ends.
    async fn has_room(&self) {
        self.drained(|talk| talk.queued - talk.written < HIGH_WATER).await;
    }

    /// Waits until so much is written that it suffices, or the connection ends.
    async fn drained(&self, suffices: impl Fn(&Talk) -> bool) {
        loop {
            let drained = self.drained.notified();
            {
                let talk = lock(&self.talk);
                if suffices(&talk) || talk.conversation.is_closed() {
                    return;
                }
            }
            drained.await;
        }
    }
}

impl Talk {
    /// The number of bytes that will have been written with this frame.
    fn queue(&mut self, frame: &[u8]) -> u64 {
        self.outgoing.extend_from_slice(frame);
        self.queued += frame.len() as u64;
        self.queued
    }
}

impl Call<'_> {
    /// `false` if the reply was delivered before.
    fn give_up(&self) -> bool {
        lock(&self.connection.talk).conversation.give_up(self.ticket)
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// Who reads a connection, and tells all who wait when it ends: even if the runtime drops it.
pub(super) struct Reader(pub(super) Arc<Connection>);

impl Reader {
    /// Reads until the connection ends, and says why it did.
    pub(super) async fn read(self) -> Disconnect {
        match self.0.deliver().await {
            Ok(()) => self.end(Disconnect::ByServer),
            Err(cause) => self.end(cause),
        }
    }

    fn end(&self, cause: Disconnect) -> Disconnect {
        self.0.close(cause.clone());
        let (cause, waiting) = lock(&self.0.talk).conversation.end(cause);
        for waiting in waiting {
            // Who waited may have gone this very moment.
            let _ = waiting.send(Err(cause.clone()));
        }
        cause
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.end(Disconnect::ByClient);
    }
}

/// Whether it is worth another attempt.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("peer", &self.stream.peer_addr().ok()).finish_non_exhaustive()
    }
}
