//! Listening sockets: the master's one, or one of each worker on the same port.

use std::io;
use std::net::{self, SocketAddr};
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Token};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
#[cfg(target_os = "linux")]
use rustix::net::{SocketFlags, acceptfrom_with};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::WAKE;
use super::options::SocketOptions;
use crate::net::{Listener, WatchedListener};

/// A listening socket of the system, with a poll of its own.
pub(crate) struct SystemListener {
    listener: SharedListener,
    poll: mio::Poll,
    events: mio::Events,
}

impl SystemListener {
    /// Listens on `addr`.
    pub(crate) fn bind(addr: SocketAddr, backlog: u32, options: SocketOptions) -> io::Result<Self> {
        let socket = bound(addr, false)?;
        options.apply(&SockRef::from(&socket))?;
        SystemListener::new(listen(socket, backlog)?)
    }

    /// Accepts from a socket that listens already.
    pub(crate) fn adopt(socket: net::TcpListener, options: SocketOptions) -> io::Result<Self> {
        SystemListener::new(adopt(socket, options)?)
    }

    fn new(listener: SharedListener) -> io::Result<Self> {
        Ok(SystemListener { listener, poll: mio::Poll::new()?, events: mio::Events::with_capacity(4) })
    }

    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.socket.local_addr()
    }

    /// Begins to watch the listener; what is returned ends a wait from any thread.
    pub(crate) fn watch(&mut self) -> io::Result<mio::Waker> {
        self.poll.registry().register(&mut self.listener.socket, Token(0), Interest::READABLE)?;
        mio::Waker::new(self.poll.registry(), WAKE)
    }
}

impl Listener for SystemListener {
    type Stream = TcpStream;

    fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        Listener::accept(&mut self.listener)
    }
}

impl WatchedListener for SystemListener {
    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            result => result,
        }
    }
}

/// A listening socket of the system for which others wait.
pub(crate) struct SharedListener {
    pub(super) socket: TcpListener,
    /// One was accepted. Whether another waits, nobody has told.
    has_accepted: bool,
}

impl SharedListener {
    fn new(socket: TcpListener) -> Self {
        SharedListener { socket, has_accepted: false }
    }

    /// Asks the system whether a connection waits.
    fn is_awaited(&self) -> io::Result<bool> {
        let mut socket = [PollFd::new(&self.socket, PollFlags::IN)];
        Ok(poll(&mut socket, Some(&Timespec::default()))? > 0)
    }
}

impl Listener for SharedListener {
    type Stream = TcpStream;

    /// After an event there is one as a rule. For the others it is asked first: an attempt that finds nobody has made a
    /// socket by then, which costs sixteen times as much as to ask.
    fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        if std::mem::take(&mut self.has_accepted) && !self.is_awaited()? {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let connection = accept(&self.socket)?;
        self.has_accepted = true;
        Ok(connection)
    }
}

/// Without the C library, as [reads](crate::net::Stream::read) are.
#[cfg(target_os = "linux")]
fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (socket, peer) = acceptfrom_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC)?;
    let peer = peer.ok_or(io::ErrorKind::ConnectionAborted)?.try_into()?;
    Ok((TcpStream::from_std(socket.into()), peer))
}

/// Elsewhere an accepted socket does not inherit the option from its listener.
#[cfg(not(target_os = "linux"))]
fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (stream, peer) = listener.accept()?;
    stream.set_nodelay(true)?;
    Ok((stream, peer))
}

/// An address that is taken for several listeners, and nobody listens on yet. It keeps the port from others until the
/// first of them has it.
pub(crate) struct Claim(Socket);

impl Claim {
    pub(crate) fn new(addr: SocketAddr) -> io::Result<Self> {
        // It is bound as if it were to be the only one: another server on this port, even one whose listeners would
        // share it, is an error and not a rival that gets a part of our connections.
        let socket = bound(addr, false)?;
        socket.set_reuse_port(true)?;
        Ok(Claim(socket))
    }

    /// The address, with the port that the system chose if it was to.
    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        let addr = self.0.local_addr()?;
        addr.as_socket().ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

/// Listens on an address that is claimed, beside others: the system deals connections among them.
pub(crate) fn bind_beside(
    addr: SocketAddr,
    backlog: u32,
    options: SocketOptions,
) -> io::Result<SharedListener> {
    let socket = bound(addr, true)?;
    options.apply(&SockRef::from(&socket))?;
    listen(socket, backlog)
}

/// Listens on `addr`, with one socket, or with so many beside each other.
pub(crate) fn open(
    addr: SocketAddr,
    backlog: u32,
    beside: Option<usize>,
) -> io::Result<Vec<net::TcpListener>> {
    let listening = |socket: Socket| {
        socket.listen(depth(backlog))?;
        Ok(net::TcpListener::from(socket))
    };
    let Some(count) = beside else { return Ok(vec![listening(bound(addr, false)?)?]) };
    let claim = Claim::new(addr)?;
    let addr = claim.local_addr()?;
    (0..count).map(|_| bound(addr, true).and_then(listening)).collect()
}

/// Takes over a socket that listens already.
pub(crate) fn adopt(socket: net::TcpListener, options: SocketOptions) -> io::Result<SharedListener> {
    socket.set_nonblocking(true)?;
    SockRef::from(&socket).set_tcp_nodelay(true)?;
    options.apply(&SockRef::from(&socket))?;
    Ok(SharedListener::new(TcpListener::from_std(socket)))
}

/// A socket on `addr`. Options are set here once, and accepted sockets inherit them.
fn bound(addr: SocketAddr, beside_others: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(beside_others)?;
    socket.set_tcp_nodelay(true)?;
    socket.bind(&addr.into())?;
    Ok(socket)
}

fn listen(socket: Socket, backlog: u32) -> io::Result<SharedListener> {
    socket.listen(depth(backlog))?;
    Ok(SharedListener::new(TcpListener::from_std(socket.into())))
}

fn depth(backlog: u32) -> i32 {
    i32::try_from(backlog).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn all_that_wait_are_accepted_time_and_again() {
        let mut listener = bind_beside(([127, 0, 0, 1], 0).into(), 5, SocketOptions::default()).unwrap();
        let addr = listener.socket.local_addr().unwrap();
        for count in [3, 0, 1, 2] {
            // They are there before `connect` returns.
            let clients: Vec<_> = (0..count).map(|_| TcpStream::connect(addr).unwrap()).collect();
            for client in &clients {
                let (_, peer) = Listener::accept(&mut listener).unwrap();
                assert_eq!(peer, client.local_addr().unwrap());
            }
            let nobody = Listener::accept(&mut listener).unwrap_err();
            assert_eq!(nobody.kind(), io::ErrorKind::WouldBlock);
        }
    }
}
