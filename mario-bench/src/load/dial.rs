//! Opening connections, from more source addresses than one if there are very many.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use crate::load::failure::Failure;
use crate::load::sources;
use crate::wire;

/// How many connections share a source address: a fraction of its ports, so that a free one is found at once.
pub(crate) const A_SOURCE: usize = 10_000;

/// Opens connections to one server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialer {
    server: SocketAddr,
    timeout: Duration,
}

impl Dialer {
    /// Connections to `server`; each step of opening one may take `timeout`.
    pub(crate) fn new(server: SocketAddr, timeout: Duration) -> Self {
        Dialer { server, timeout }
    }

    /// Opens the connection of that number, from 0: every ten thousand have a source address of their own, if the
    /// server is on the loopback network.
    ///
    /// # Errors
    /// How it failed.
    pub(crate) fn dial(&self, number: usize) -> Result<TcpStream, Failure> {
        self.try_dial(number).map_err(|error| match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Failure::NotConnected,
            _ => error.into(),
        })
    }

    /// The same, for one each read and write of which may take as long as a step of opening it.
    ///
    /// # Errors
    /// How it failed.
    pub(crate) fn open(&self, number: usize) -> Result<TcpStream, Failure> {
        let stream = self.dial(number)?;
        stream.set_read_timeout(Some(self.timeout))?;
        stream.set_write_timeout(Some(self.timeout))?;
        Ok(stream)
    }

    /// Opens a connection and logs in.
    ///
    /// # Errors
    /// How it failed.
    pub(crate) fn log_in(&self, number: usize) -> Result<TcpStream, Failure> {
        self.ask(number, &wire::login(number as u16), &wire::LOGIN_REPLY)
    }

    /// Opens a connection, sends a request, and waits for the reply.
    ///
    /// # Errors
    /// How it failed.
    pub(crate) fn ask(&self, number: usize, request: &[u8], reply: &[u8]) -> Result<TcpStream, Failure> {
        let mut stream = self.open(number)?;
        stream.write_all(request)?;
        let mut came = vec![0; reply.len()];
        stream.read_exact(&mut came)?;
        super::replies::Replies::default().take(reply, &came)?;
        Ok(stream)
    }

    /// How many source addresses so many connections have.
    pub(crate) fn sources(&self, connections: usize) -> usize {
        1 + self.source(connections.saturating_sub(1)).map_or(0, |_| (connections - 1) / A_SOURCE)
    }

    fn try_dial(&self, number: usize) -> io::Result<TcpStream> {
        let socket = Socket::new(Domain::for_address(self.server), Type::STREAM, Some(Protocol::TCP))?;
        if let Some(source) = self.source(number) {
            sources::bind(&socket, source)?;
        }
        socket.connect_timeout(&self.server.into(), self.timeout)?;
        socket.set_tcp_nodelay(true)?;
        Ok(socket.into())
    }

    /// The system's choice for the first ones and for all to servers elsewhere.
    fn source(&self, number: usize) -> Option<Ipv4Addr> {
        match (self.server.ip(), number / A_SOURCE) {
            (IpAddr::V4(ip), nth @ 1..) if ip.is_loopback() => {
                Some(Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + nth as u32))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_share_a_source() {
        let dialer = |server: &str| Dialer::new(server.parse().unwrap(), Duration::from_secs(1));
        let local = dialer("127.0.0.1:1");
        assert_eq!(local.source(9_999), None);
        assert_eq!(local.source(10_000), Some([127, 0, 0, 2].into()));
        assert_eq!(local.source(999_999), Some([127, 0, 0, 100].into()));
        assert_eq!([1, 10_000, 10_001].map(|count| local.sources(count)), [1, 1, 2]);
        assert_eq!(dialer("192.0.2.1:1").sources(1_000_000), 1);
        assert_eq!(dialer("192.0.2.1:1").source(999_999), None);
    }
}
