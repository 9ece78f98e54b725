//! Settings: how long peers may take.

use std::time::Duration;

use mario_proto::is_reserved;

use super::{Builder, checked_timeout};
use crate::error::{Error, Result};
use crate::service::Service;
use crate::service::dispatch::Commands;
use crate::worker::{Patience, Ping};

/// How long peers may take, as it was set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeadlineSettings {
    first_frame: Option<Duration>,
    partial_frame: Option<Duration>,
    login: Option<Duration>,
    ping: Option<Ping>,
}

impl Default for DeadlineSettings {
    fn default() -> Self {
        DeadlineSettings {
            first_frame: None,
            partial_frame: Some(Duration::from_secs(60)),
            login: None,
            ping: None,
        }
    }
}

impl DeadlineSettings {
    pub(crate) fn patience<S: Service>(&self, commands: &Commands<S>) -> Result<Patience> {
        let DeadlineSettings { first_frame, partial_frame, login, ping, .. } = *self;
        let timeouts = [
            ("first frame timeout", first_frame),
            ("partial frame timeout", partial_frame),
            ("login timeout", login),
            ("ping", ping.map(|ping| ping.every)),
        ];
        for (name, value) in timeouts {
            value.map(|value| checked_timeout(name, value)).transpose()?;
        }
        if let Some(id) = ping.map(|ping| ping.command).filter(|id| is_reserved(*id)) {
            return Err(Error::Ping { id, why: "it is reserved; take one below 0xfffc" });
        }
        if let Some(ping) = ping
            && commands.get(ping.command).is_some_and(|command| command.description().request.is_some())
        {
            let why = "its handler takes a packet, and a ping has none; take another id";
            return Err(Error::Ping { id: ping.command, why });
        }
        Ok(Patience { first_frame, partial_frame, login, ping })
    }
}

impl<S: Service> Builder<S> {
    /// How long a connection may take for its first whole frame: 1 ms to 12 days, or `None`; by default as long as for
    /// any other, since a client that only listens may well say nothing. After that it ends with
    /// [`Reason::Incomplete`](crate::Reason::Incomplete).
    pub fn first_frame_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.deadlines.first_frame = timeout.into();
        self
    }

    /// How long a frame may take from its first byte to its last: 1 ms to 12 days, by default 60 s; then its connection
    /// ends with [`Reason::Incomplete`](crate::Reason::Incomplete). Bytes that trickle gain no time.
    ///
    /// With `None` each byte counts as life, for the [read timeout](Builder::read_timeout) too, so that a peer may hold
    /// its connection by a byte now and then.
    pub fn partial_frame_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.deadlines.partial_frame = timeout.into();
        self
    }

    /// How long a connection may take until the service [admits](crate::Conn::admit) it: 1 ms to 12 days; by default it
    /// need not. After that it ends with [`Reason::NotAdmitted`](crate::Reason::NotAdmitted), however busy it is. Behind a
    /// [proxy](Builder::proxy_protocol) this time begins, as that for a first frame, when the header is whole.
    pub fn login_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.deadlines.login = timeout.into();
        self
    }

    /// Asks silent peers whether they are there: after `every` without a whole frame (1 ms to 12 days) a peer is sent an
    /// empty frame of `command`, and again after the next; when it has said nothing to so many, it is
    /// [timed out](crate::Reason::TimedOut). Any frame is an answer. No peer is asked by default.
    ///
    /// With this there is no [read timeout](Builder::read_timeout). A handler of `command` may take its answers, without
    /// a packet; the service's [`unknown_command`](Service::unknown_command) may too.
    pub fn ping(mut self, command: u16, every: Duration, missed: u8) -> Self {
        self.deadlines.ping = Some(Ping { command, every, missed });
        self
    }
}
