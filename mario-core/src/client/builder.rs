//! The settings of a client.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use mario_proto::{HEADER_LEN, is_reserved};

use super::Client;
use super::backoff::Backoff;
use super::error::{Error, Result};
use crate::parts::deadlines;
use crate::stx::Stx;

const TIMES: RangeInclusive<Duration> = Duration::from_millis(1)..=deadlines::LONGEST;

/// The settings of a client, each with a default: of a [`Client`] that blocks, or of one on tokio, `client::tokio::Client`.
///
/// What is out of range is an [`Error`] of [`connect`](Builder::connect).
#[must_use = "a builder does nothing until `connect`"]
pub struct Builder<C: Kind = Client>(pub(super) Settings<C::Hook>);

/// A client that can be built.
pub trait Kind {
    /// What does its login.
    type Hook: ?Sized;
}

pub(super) struct Settings<H: ?Sized> {
    pub(super) address: String,
    pub(super) stx: Stx,
    pub(super) max_packet: u16,
    pub(super) connect_timeout: Duration,
    pub(super) call_timeout: Duration,
    pub(super) heartbeat: Option<(u16, Duration)>,
    pub(super) reconnect: Option<Backoff>,
    pub(super) push_queue: usize,
    pub(super) on_connect: Option<Box<H>>,
}

impl<C: Kind> Builder<C> {
    pub(super) fn new(address: String) -> Self {
        Builder(Settings {
            address,
            stx: Stx::default(),
            max_packet: u16::MAX,
            connect_timeout: Duration::from_secs(5),
            call_timeout: Duration::from_secs(5),
            heartbeat: None,
            reconnect: None,
            push_queue: 1024,
            on_connect: None,
        })
    }

    /// The token that begins each frame; by default `0xffffffff`. It has to be the server's.
    pub fn stx(mut self, stx: impl Into<Stx>) -> Self {
        self.0.stx = stx.into();
        self
    }

    /// The longest frame that is taken from the server, in bytes with its header: 8 to 65,535, which is the default.
    /// A longer one ends the connection. What the server takes is
    /// [its own setting](crate::Builder::max_packet).
    pub fn max_packet(mut self, bytes: u16) -> Self {
        self.0.max_packet = bytes;
        self
    }

    /// How long the server may take to accept a connection, all addresses of its name together: 1 ms to 12 days, by
    /// default 5 s. Resolving the name has the system's own limit.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.0.connect_timeout = timeout;
        self
    }

    /// How long a call may take, from its begin to its reply: 1 ms to 12 days, by default 5 s. Waiting for a connection
    /// is part of it.
    ///
    /// A server that takes nothing of what is sent to it for so long loses the connection; then the call, and those
    /// that wait to be sent behind it, take longer by what they waited.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.0.call_timeout = timeout;
        self
    }

    /// Sends a heartbeat, which is `command` without payload, each time so much has passed: 1 ms to 12 days. By default
    /// there is none.
    ///
    /// It keeps the server from [timing out](crate::Builder::read_timeout) a client that has nothing to say, and finds out
    /// that the server is gone where the network does not tell: after three heartbeats during which nothing came,
    /// the connection ends. So the server has to answer it, as it does with
    /// [`heartbeat`](crate::Builder::heartbeat).
    pub fn heartbeat(mut self, command: u16, every: Duration) -> Self {
        self.0.heartbeat = Some((command, every));
        self
    }

    /// Makes another connection whenever one has ended; by default the client ends with its first one. The first is
    /// made by [`connect`](Builder::connect), which does not try again.
    ///
    /// A call that was sent on the old connection is [lost](Error::Lost), and is never sent again by itself. One that
    /// was not sent waits for the next connection, as long as its timeout allows.
    pub fn reconnect(mut self, backoff: Backoff) -> Self {
        self.0.reconnect = Some(backoff);
        self
    }

    /// How many frames may wait in the queue of [`Client::pushes`]; by default 1,024. What comes when it is full is
    /// dropped and counted.
    pub fn push_queue(mut self, frames: usize) -> Self {
        self.0.push_queue = frames;
        self
    }

    /// The settings, if all are in range.
    pub(super) fn checked(self) -> Result<Settings<C::Hook>> {
        self.0.check()?;
        Ok(self.0)
    }
}

impl<H: ?Sized> Settings<H> {
    fn check(&self) -> Result<()> {
        check_max_packet(self.max_packet)?;
        check_heartbeat(self.heartbeat)?;
        check_times([
            ("a connect timeout", Some(self.connect_timeout)),
            ("a call timeout", Some(self.call_timeout)),
            ("a first wait", self.reconnect.map(|backoff| backoff.first)),
            ("a longest wait", self.reconnect.map(|backoff| backoff.most)),
        ])
    }
}

pub(super) fn check_max_packet(max_packet: u16) -> Result<()> {
    if usize::from(max_packet) < HEADER_LEN {
        let value = format!("{max_packet} bytes");
        let range = "8 to 65535 bytes, as the header alone has 8";
        return Err(Error::Setting { setting: "a packet limit", value, range });
    }
    Ok(())
}

pub(super) fn check_heartbeat(heartbeat: Option<(u16, Duration)>) -> Result<()> {
    match heartbeat {
        Some((command, _)) if is_reserved(command) => Err(Error::Reserved { command }),
        _ => check_times([("a time between heartbeats", heartbeat.map(|(_, every)| every))]),
    }
}

pub(super) fn check_times<const N: usize>(times: [(&'static str, Option<Duration>); N]) -> Result<()> {
    for (setting, time) in times {
        if let Some(time) = time.filter(|time| !TIMES.contains(time)) {
            return Err(Error::Setting { setting, value: format!("{time:?}"), range: "1 ms to 12 days" });
        }
    }
    Ok(())
}

impl<C: Kind> fmt::Debug for Builder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { address, stx, max_packet, connect_timeout, call_timeout, .. } = &self.0;
        f.debug_struct("Builder")
            .field("address", address)
            .field("stx", stx)
            .field("max_packet", max_packet)
            .field("connect_timeout", connect_timeout)
            .field("call_timeout", call_timeout)
            .finish_non_exhaustive()
    }
}
