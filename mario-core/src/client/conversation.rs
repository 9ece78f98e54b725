//! What is said on one connection, without its socket: who waits for which reply, and why it ends.

use mario_proto::{Frame, Framing, Packet, Payload, frame_to_vec};

use super::correlation::Correlation;
use super::error::{Disconnect, Error};
use super::matcher::{Arrival, Busy, Matcher, Ticket};
use super::received::Received;
use crate::stx::Stx;

/// After so many heartbeats during which nothing came, nobody is there any more.
pub(super) const HEARTBEATS: u32 = 3;

/// The reply to a call, or why the connection ended without one.
pub(super) type Reply = Result<Received, Disconnect>;

/// The calls of one connection; `W` waits for a reply.
pub(super) struct Conversation<W> {
    framing: Framing,
    matcher: Matcher<W>,
    /// Heartbeats that were sent since something came.
    unheard: u32,
    /// Why the connection ends. Nothing more is sent.
    cause: Option<Disconnect>,
}

/// Why a frame was not sent, or not answered.
#[derive(Debug)]
pub(super) enum Failure {
    /// The connection had ended before anything was written, and why.
    NotSent(Disconnect),
    /// All else.
    Error(Error),
}

impl<W> Conversation<W> {
    pub(super) fn new(stx: Stx, max_packet: u16) -> Self {
        Conversation {
            framing: Framing::new(stx.0, max_packet),
            matcher: Matcher::new(),
            unheard: 0,
            cause: None,
        }
    }

    /// The frame of a request, whose reply `waiting` is handed. It is to be written before that of any other.
    ///
    /// If it can't be written, the end of the connection tells whoever waits.
    pub(super) fn request(
        &mut self,
        command: u16,
        request: &mut impl Packet,
        correlation: Option<Correlation>,
        waiting: W,
    ) -> Result<(Ticket, Vec<u8>), Failure> {
        self.check_open()?;
        let busy = |Busy| Error::Busy { command };
        let number = match correlation {
            Some(correlation) => Some(self.matcher.number(command, correlation).map_err(busy)?),
            None => None,
        };
        if let Some(number) = number {
            request.set_correlation(number.value);
        }
        let frame = self.frame(command, request)?;
        let ticket = self.matcher.expect(command, number, Some(waiting)).map_err(busy)?;
        Ok((ticket, frame))
    }

    /// The frame of a packet that gets no reply.
    pub(super) fn message(&self, command: u16, packet: &impl Packet) -> Result<Vec<u8>, Failure> {
        self.check_open()?;
        Ok(self.frame(command, packet)?)
    }

    /// The frame of a heartbeat, whose reply nobody waits for; or that nothing came during the latest ones.
    pub(super) fn heartbeat(&mut self, command: u16) -> Result<Vec<u8>, Failure> {
        self.check_open()?;
        if self.unheard >= HEARTBEATS {
            return Err(Failure::NotSent(Disconnect::Silent { heartbeats: HEARTBEATS }));
        }
        let frame = self.frame(command, &Payload::default())?;
        self.unheard += 1;
        // Full of those whose replies do not come: then this one's has no place to keep either.
        let _ = self.matcher.expect(command, None, None);
        Ok(frame)
    }

    /// Takes the whole frames that `input` begins with, and says how many bytes they had. Each is handed to `deliver`,
    /// with the one who waits for it, if anyone does; but for those whose call was given up.
    pub(super) fn receive(
        &mut self,
        input: &[u8],
        mut deliver: impl FnMut(Option<W>, Frame<'_>),
    ) -> Result<usize, Disconnect> {
        self.unheard = 0;
        let mut left = input;
        while let Some((frame, rest)) = self.framing.split(left)? {
            match self.matcher.arrive(frame.cmd, frame.payload) {
                Arrival::For(waiting) => deliver(Some(waiting), frame),
                Arrival::Late => {}
                Arrival::Nobody => deliver(None, frame),
                Arrival::Unreadable => return Err(Disconnect::Uncorrelated { command: frame.cmd }),
            }
            left = rest;
        }
        Ok(input.len() - left.len())
    }

    /// Nobody waits for the reply any more. `false` if it has been delivered before.
    pub(super) fn give_up(&mut self, ticket: Ticket) -> bool {
        self.matcher.give_up(ticket)
    }

    /// Nothing more is sent. What has come may still be delivered.
    pub(super) fn close(&mut self, cause: Disconnect) {
        self.cause.get_or_insert(cause);
    }

    /// Why nothing more is sent, if so.
    #[cfg(feature = "tokio")]
    pub(super) fn cause(&self) -> Option<Disconnect> {
        self.cause.clone()
    }

    #[cfg(feature = "tokio")]
    pub(super) fn is_closed(&self) -> bool {
        self.cause.is_some()
    }

    /// Nothing more comes: why the connection ended, and all who still wait.
    pub(super) fn end(&mut self, cause: Disconnect) -> (Disconnect, impl Iterator<Item = W> + use<W>) {
        (self.cause.get_or_insert(cause).clone(), self.matcher.end())
    }

    fn frame(&self, command: u16, packet: &impl Packet) -> Result<Vec<u8>, Error> {
        frame_to_vec(self.framing.stx(), command, packet).map_err(|source| Error::Encode { command, source })
    }

    fn check_open(&self) -> Result<(), Failure> {
        self.cause.clone().map_or(Ok(()), |cause| Err(Failure::NotSent(cause)))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Error(error)
    }
}

#[cfg(test)]
mod tests;
