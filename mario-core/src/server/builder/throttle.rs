//! Settings: how fast each connection may send.

use super::Builder;
use super::admission::checked_rate;
use crate::error::{Error, Result};
use crate::parts::rate::Rate;
use crate::service::Service;
use crate::worker::exchange::Limits;

/// How fast each connection may send, as it was set.
#[derive(Debug, Default)]
pub(crate) struct ThrottleSettings {
    limits: Limits,
}

impl ThrottleSettings {
    pub(crate) fn check(&self, max_packet: u16) -> Result<Limits> {
        let Limits { frames, bytes } = self.limits;
        frames.map(|rate| checked_rate("frame rate", rate)).transpose()?;
        match bytes.map(|rate| checked_rate("byte rate", rate)).transpose()? {
            Some(rate) if !rate.pauses() && rate.burst < max_packet.into() => {
                Err(Error::ByteBurst { burst: rate.burst, max_packet })
            }
            _ => Ok(self.limits),
        }
    }
}

impl<S: Service> Builder<S> {
    /// How many frames each connection may send; by default as many as it likes. Whatever has the form of a frame counts:
    /// heartbeats and unknown commands too.
    ///
    /// What is faster is not read until it is its turn, so that it waits in the kernel and then on the peer's side; or, with
    /// [`Excess::Close`](crate::Excess::Close), the connection ends with [`Reason::TooFast`](crate::Reason::TooFast). Both are
    /// counted: as [throttled](crate::metrics::Stats::throttled) and as [too fast](crate::metrics::Stats::too_fast). With this, a connection
    /// takes 20 bytes more.
    ///
    /// ```
    /// # use mario::{Excess, Rate};
    /// # struct Gateway;
    /// # impl mario::Service for Gateway { type Session = (); type Worker = (); }
    /// # fn main() -> mario::Result<()> {
    /// let server = mario::Server::builder(Gateway, mario::commands![])
    ///     .bind("127.0.0.1:0")
    ///     .frame_rate(Rate::per_second(20).burst(100))
    ///     .byte_rate(Rate::per_second(64 << 10).burst(1 << 20).excess(Excess::Close))
    ///     .start()?;
    /// # server.shutdown()
    /// # }
    /// ```
    pub fn frame_rate(mut self, rate: impl Into<Option<Rate>>) -> Self {
        self.throttle.limits.frames = rate.into();
        self
    }

    /// How many bytes each connection may send, headers included; by default as many as it likes. What is faster waits, or
    /// closes, as with [`frame_rate`](Builder::frame_rate). With [`Excess::Close`](crate::Excess::Close) the burst is at least
    /// [`max_packet`](Builder::max_packet). With this, a connection takes 20 bytes more; with both, 36.
    pub fn byte_rate(mut self, rate: impl Into<Option<Rate>>) -> Self {
        self.throttle.limits.bytes = rate.into();
        self
    }
}
