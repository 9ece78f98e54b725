//! What happens on a connection of a fleet, and what may be done with it.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use mario_proto::{Decode, Frame, Framing, Packet, decode_packet, frame_to_vec, is_reserved};

use super::builder::Settings;
use super::line::{End, Line};
use crate::client::error::{Disconnect, Error, Result};
use crate::parts::slots::Key;

/// Names one connection of a fleet: never the same for two of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MemberId(pub(super) Key);

/// One connection of a fleet.
pub struct Member<'a> {
    pub(super) id: MemberId,
    pub(super) line: &'a mut Line,
    pub(super) framing: &'a Framing,
    pub(super) settings: &'a Settings,
    pub(super) ended: &'a mut Vec<Key>,
}

/// What happens on a connection.
#[derive(Debug)]
pub enum Event<'a> {
    /// It is there.
    Connected,
    /// The server sent a frame, other than the reply to a heartbeat.
    Frame(Incoming<'a>),
    /// It can't be made: [`Refused`](Error::Refused), [`ConnectTimedOut`](Error::ConnectTimedOut) or
    /// [`Connect`](Error::Connect). The connection is gone.
    Failed(Error),
    /// It has ended. The connection is gone.
    Closed(Disconnect),
}

/// A frame from the server, where it came in: what is decoded from it borrows from there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Incoming<'a>(pub(super) Frame<'a>);

impl Member<'_> {
    /// Its name.
    pub fn id(&self) -> MemberId {
        self.id
    }

    /// Its own address.
    ///
    /// # Errors
    /// What the system says, for example after the end of the connection.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.line.local_addr()
    }

    /// Whether it is connected.
    pub fn is_connected(&self) -> bool {
        self.line.is_open()
    }

    /// How many bytes were sent that the system has not taken.
    pub fn unsent(&self) -> usize {
        self.line.unsent()
    }

    /// Sends a packet. What the system does not take now waits here, as does what is sent before it is connected.
    ///
    /// # Errors
    /// A packet that can't be encoded; [`Error::Unsent`] if [too much](super::Builder::unsent) waits already;
    /// [`Error::NotConnected`] after the end.
    pub fn send(&mut self, command: u16, packet: &impl Packet) -> Result<()> {
        if is_reserved(command) {
            return Err(Error::Reserved { command });
        }
        if self.line.is_ended() {
            let cause = self.line.cause().unwrap_or(Disconnect::ByClient);
            return Err(Error::NotConnected { cause });
        }
        let frame = frame_to_vec(self.framing.stx(), command, packet)
            .map_err(|source| Error::Encode { command, source })?;
        let bytes = self.line.unsent();
        if bytes + frame.len() > self.settings.unsent {
            return Err(Error::Unsent { command, bytes });
        }
        self.line.send(&frame);
        self.see_end();
        Ok(())
    }

    /// Closes it. What the system has not taken is not sent any more, and of what has come, nothing is handed over. Its
    /// last event is [`Closed`](Event::Closed), [by this client](Disconnect::ByClient).
    pub fn close(&mut self) {
        self.line.end(End::Closed(Disconnect::ByClient));
        self.see_end();
    }

    fn see_end(&mut self) {
        if self.line.is_ended() {
            self.ended.push(self.id.0);
        }
    }
}

impl MemberId {
    /// A number below that of the [connections](super::Builder::connections) of the fleet, that no other connection has
    /// as long as this one's end is not told: for arrays of what is known of each.
    pub fn index(self) -> usize {
        self.0.index as usize
    }
}

impl<'a> Incoming<'a> {
    /// The id of its command.
    pub fn command(&self) -> u16 {
        self.0.cmd
    }

    /// Its payload, as it came.
    pub fn payload(&self) -> &'a [u8] {
        self.0.payload
    }

    /// The packet in it.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it is not such a packet.
    pub fn decode<P: Decode<'a>>(&self) -> Result<P> {
        let command = self.command();
        decode_packet(self.payload()).map_err(|source| Error::Malformed { command, source })
    }
}

impl fmt::Debug for Incoming<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incoming {{ command: {:#06x}, payload: {:02x?} }}", self.command(), self.payload())
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0.index, self.0.generation)
    }
}

impl fmt::Debug for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member")
            .field("id", &self.id)
            .field("is_connected", &self.is_connected())
            .field("unsent", &self.unsent())
            .finish_non_exhaustive()
    }
}
