//! A frame from the server.

use std::fmt;

use mario_proto::{Decode, Frame, decode_packet};

use super::error::{Error, Result};

/// The reply to a call, or a [push](crate::client::Client::pushes), still encoded: what is decoded from it may borrow from it.
#[derive(Clone, PartialEq, Eq)]
pub struct Received {
    command: u16,
    payload: Box<[u8]>,
}

impl Received {
    pub(super) fn new(frame: Frame<'_>) -> Self {
        Received { command: frame.cmd, payload: frame.payload.into() }
    }

    /// The id of its command.
    pub fn command(&self) -> u16 {
        self.command
    }

    /// Its payload, as it came.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The packet in it.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it is not such a packet.
    pub fn decode<'a, P: Decode<'a>>(&'a self) -> Result<P> {
        let command = self.command;
        decode_packet(&self.payload).map_err(|source| Error::Malformed { command, source })
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Received { command, payload } = self;
        write!(f, "Received {{ command: {command:#06x}, payload: {payload:02x?} }}")
    }
}
