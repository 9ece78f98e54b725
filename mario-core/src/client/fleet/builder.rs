//! The settings of a fleet.

use std::io::ErrorKind;
use std::net::{SocketAddr, ToSocketAddrs};
use std::ops::RangeInclusive;
use std::time::Duration;

use mario_proto::Frame;

use super::Fleet;
use crate::client::builder::{check_heartbeat, check_max_packet, check_times};
use crate::client::error::{Error, Result};
use crate::link::ConnId;
use crate::stx::Stx;

const CONNECTIONS: RangeInclusive<usize> = 1..=ConnId::MAX_SLOTS;

/// The settings of a [`Fleet`], each with a default.
///
/// What is out of range is an [`Error`] of [`build`](Builder::build).
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    address: String,
    settings: Settings,
}

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) target: SocketAddr,
    pub(super) stx: Stx,
    pub(super) max_packet: u16,
    pub(super) connections: usize,
    pub(super) connect_timeout: Duration,
    pub(super) heartbeat: Option<(u16, Duration)>,
    pub(super) unsent: usize,
}

impl Builder {
    pub(super) fn new(address: String) -> Self {
        let settings = Settings {
            // Until it is resolved.
            target: SocketAddr::from(([0, 0, 0, 0], 0)),
            stx: Stx::default(),
            max_packet: u16::MAX,
            connections: 10_000,
            connect_timeout: Duration::from_secs(5),
            heartbeat: None,
            unsent: 1 << 16,
        };
        Builder { address, settings }
    }

    /// The token that begins each frame; by default `0xffffffff`. It has to be the server's.
    pub fn stx(mut self, stx: impl Into<Stx>) -> Self {
        self.settings.stx = stx.into();
        self
    }

    /// The longest frame that is taken from the server, in bytes with its header: 8 to 65,535, which is the default.
    /// A longer one ends the connection.
    pub fn max_packet(mut self, bytes: u16) -> Self {
        self.settings.max_packet = bytes;
        self
    }

    /// How many connections there may be at the same time: 1 to 4,194,304, by default 10,000.
    pub fn connections(mut self, connections: usize) -> Self {
        self.settings.connections = connections;
        self
    }

    /// How long the server may take to accept a connection: 1 ms to 12 days, by default 5 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self
    }

    /// Sends a heartbeat on each connection, which is `command` without payload, each time so much has passed: 1 ms to
    /// 12 days. By default there is none. Replies to it are no [events](super::Event). After three during which nothing
    /// came, a connection ends.
    pub fn heartbeat(mut self, command: u16, every: Duration) -> Self {
        self.settings.heartbeat = Some((command, every));
        self
    }

    /// How many bytes may wait on a connection for a server that reads too slowly; by default 65,536. A frame that would
    /// be more is [`Error::Unsent`].
    pub fn unsent(mut self, bytes: usize) -> Self {
        self.settings.unsent = bytes;
        self
    }

    /// Resolves the address, and makes a fleet without connections.
    ///
    /// # Errors
    /// A setting that is out of range, an address that can't be resolved, or a system that has no memory or descriptor
    /// for it.
    pub fn build(mut self) -> Result<Fleet> {
        self.check()?;
        let unusable = |source| Error::unusable(&self.address, source);
        let mut targets = self.address.to_socket_addrs().map_err(unusable)?;
        self.settings.target = targets.next().ok_or_else(|| unusable(ErrorKind::NotFound.into()))?;
        Fleet::new(self.settings)
    }

    fn check(&self) -> Result<()> {
        let Settings { max_packet, connections, connect_timeout, heartbeat, .. } = self.settings;
        check_max_packet(max_packet)?;
        check_heartbeat(heartbeat)?;
        if !CONNECTIONS.contains(&connections) {
            let (setting, value) = ("a number of connections", connections.to_string());
            return Err(Error::Setting { setting, value, range: "1 to 4194304" });
        }
        check_times([("a connect timeout", Some(connect_timeout))])
    }
}

impl Settings {
    pub(super) fn is_heartbeat(&self, frame: Frame<'_>) -> bool {
        self.heartbeat.is_some_and(|(command, _)| command == frame.cmd)
    }
}
