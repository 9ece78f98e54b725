//! Settings: what the system is told of connections.

use std::time::Duration;

use super::{Builder, checked_timeout};
use crate::error::{Error, Result};
use crate::net::system::{KeepAlive, SocketOptions};
use crate::service::Service;

/// As long as nothing else is said: of a peer that does not read, the system takes as much as is good for one that does.
pub(super) const DEFAULT: SocketOptions =
    SocketOptions { keep_alive: None, user_timeout: None, notsent_lowat: Some(128 << 10) };

impl<S: Service> Builder<S> {
    /// Lets the system probe silent connections (`SO_KEEPALIVE`), so that one whose peer has gone without a word, as by a
    /// cut cable, ends with an error. By default it does not: the read timeout finds out as well.
    pub fn keep_alive(mut self, keep_alive: impl Into<Option<KeepAlive>>) -> Self {
        self.sockets.keep_alive = keep_alive.into();
        self
    }

    /// How long what was sent may remain unacknowledged before the system ends the connection with an error
    /// (`TCP_USER_TIMEOUT`): 1 ms to 12 days; by default as long as the system tries, a quarter of an hour. On Linux
    /// only; elsewhere it does nothing.
    pub fn tcp_user_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.sockets.user_timeout = timeout.into();
        self
    }

    /// How many bytes the system takes of a connection that it can't send yet (`TCP_NOTSENT_LOWAT`), by default 128 KiB;
    /// more waits in the server, within its [water marks](Builder::water_marks) and its
    /// [pool](Builder::output_pool). On Linux only; elsewhere it does nothing.
    ///
    /// `None` leaves it to the system. Then it takes some megabytes of each peer that does not read, and a thousand of those use up
    /// what it has for all connections of the machine (`net.ipv4.tcp_mem`): nobody is served any more, by any program.
    pub fn tcp_notsent_lowat(mut self, bytes: impl Into<Option<u32>>) -> Self {
        self.sockets.notsent_lowat = bytes.into();
        self
    }

    pub(crate) fn socket_options(&self) -> Result<SocketOptions> {
        if let Some(KeepAlive { idle, interval, probes }) = self.sockets.keep_alive {
            // The system counts in whole seconds, and has limits of its own.
            let seconds = Duration::from_secs(1)..=Duration::from_secs(32_767);
            for (name, value) in [("keep-alive's time", idle), ("keep-alive's interval", interval)] {
                if !seconds.contains(&value) {
                    return Err(Error::KeepAlive { name, value });
                }
            }
            if !(1..=127).contains(&probes) {
                return Err(Error::Probes(probes));
            }
        }
        let timeout = self.sockets.user_timeout;
        timeout.map(|timeout| checked_timeout("TCP user timeout", timeout)).transpose()?;
        Ok(self.sockets)
    }
}
