//! What the system is told of sockets.

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

/// How the system finds out that a silent peer has gone: [`Builder::keep_alive`](crate::Builder::keep_alive).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// How long a connection is silent before the first probe: 1 to 32,767 s.
    pub idle: Duration,
    /// How long after a probe that is not answered the next one follows: 1 to 32,767 s.
    pub interval: Duration,
    /// After so many that are not answered the connection ends: 1 to 127.
    pub probes: u32,
}

/// What the system is told of connections, once, on the listener that they inherit it from.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SocketOptions {
    pub(crate) keep_alive: Option<KeepAlive>,
    pub(crate) user_timeout: Option<Duration>,
    /// Bytes that may wait to be sent.
    pub(crate) notsent_lowat: Option<u32>,
}

impl SocketOptions {
    pub(super) fn apply(&self, socket: &SockRef<'_>) -> io::Result<()> {
        if let Some(KeepAlive { idle, interval, probes }) = self.keep_alive {
            let keep_alive = TcpKeepalive::new().with_time(idle).with_interval(interval).with_retries(probes);
            socket.set_tcp_keepalive(&keep_alive)?;
        }
        #[cfg(target_os = "linux")]
        if self.user_timeout.is_some() {
            socket.set_tcp_user_timeout(self.user_timeout)?;
        }
        #[cfg(target_os = "linux")]
        if let Some(bytes) = self.notsent_lowat {
            socket.set_tcp_notsent_lowat(bytes)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::super::listener::{adopt, bind_beside};
    use super::*;
    use crate::net::Listener;

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_accepted_inherits_them() {
        let seconds = Duration::from_secs;
        let keep_alive = KeepAlive { idle: seconds(70), interval: seconds(7), probes: 3 };
        let options = SocketOptions {
            keep_alive: Some(keep_alive),
            user_timeout: Some(seconds(11)),
            notsent_lowat: Some(77_000),
        };
        let passed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let opened = bind_beside(([127, 0, 0, 1], 0).into(), 5, options).unwrap();
        for mut listener in [adopt(passed, options).unwrap(), opened] {
            let _client = TcpStream::connect(listener.socket.local_addr().unwrap()).unwrap();
            // It is there before `connect` returns.
            let (accepted, _) = Listener::accept(&mut listener).unwrap();
            let socket = SockRef::from(&accepted);
            assert!(socket.keepalive().unwrap() && socket.tcp_nodelay().unwrap());
            assert_eq!(socket.tcp_keepalive_time().unwrap(), seconds(70));
            assert_eq!(socket.tcp_keepalive_interval().unwrap(), seconds(7));
            assert_eq!(socket.tcp_keepalive_retries().unwrap(), 3);
            assert_eq!(socket.tcp_user_timeout().unwrap(), Some(seconds(11)));
            assert_eq!(socket.tcp_notsent_lowat().unwrap(), 77_000);
        }
    }
}
