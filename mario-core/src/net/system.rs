//! The system's sockets and their readiness, through mio.

use std::io::{self, IoSlice};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Token};
use socket2::{Domain, Protocol, Socket, Type};

use super::{Listener, Poll, Ready, Stream, WatchedListener};
use crate::slots::Key;

// A token carries a slot and its generation.
const _: () = assert!(usize::BITS >= 64, "mario needs a 64-bit target");

/// The token of the waker: no key has it, as there are fewer slots.
const WAKE: Token = Token(usize::MAX);

/// The system's poll: epoll or kqueue, through mio.
pub(crate) struct SystemPoll(mio::Poll);

impl SystemPoll {
    /// A poll, and what ends its wait from any thread.
    pub(crate) fn new() -> io::Result<(Self, mio::Waker)> {
        let poll = mio::Poll::new()?;
        let waker = mio::Waker::new(poll.registry(), WAKE)?;
        Ok((SystemPoll(poll), waker))
    }
}

impl Poll for SystemPoll {
    type Stream = TcpStream;
    type Events = mio::Events;

    fn events(capacity: usize) -> Self::Events {
        mio::Events::with_capacity(capacity)
    }

    fn register(&mut self, stream: &mut TcpStream, key: Key) -> io::Result<()> {
        let token = Token(key.to_bits() as usize);
        self.0.registry().register(stream, token, Interest::READABLE | Interest::WRITABLE)
    }

    fn wait(&mut self, events: &mut mio::Events, timeout: Option<Duration>) -> io::Result<()> {
        match self.0.poll(events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                events.clear();
                Ok(())
            }
            result => result,
        }
    }

    fn ready(events: &mio::Events) -> impl Iterator<Item = Ready> {
        events.iter().filter(|event| event.token() != WAKE).map(|event| Ready {
            key: Key::from_bits(event.token().0 as u64),
            readable: event.is_readable() || event.is_read_closed() || event.is_error(),
            writable: event.is_writable(),
            read_closed: event.is_read_closed() || event.is_error(),
        })
    }
}

impl Stream for TcpStream {
    #[inline]
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        io::Read::read(self, into)
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::Write::write(self, bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        io::Write::write_vectored(self, slices)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

/// A listening socket of the system, with a poll of its own.
pub(crate) struct SystemListener {
    listener: TcpListener,
    poll: mio::Poll,
    events: mio::Events,
}

impl SystemListener {
    /// Listens on `addr`. Options are set here once, and accepted sockets inherit them.
    pub(crate) fn bind(addr: SocketAddr, backlog: u32) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        socket.set_reuse_address(true)?;
        socket.set_tcp_nodelay(true)?;
        socket.bind(&addr.into())?;
        socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
        let listener = TcpListener::from_std(socket.into());
        Ok(SystemListener { listener, poll: mio::Poll::new()?, events: mio::Events::with_capacity(4) })
    }

    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Begins to watch the listener; what is returned ends a wait from any thread.
    pub(crate) fn watch(&mut self) -> io::Result<mio::Waker> {
        self.poll.registry().register(&mut self.listener, Token(0), Interest::READABLE)?;
        mio::Waker::new(self.poll.registry(), WAKE)
    }
}

impl Listener for SystemListener {
    type Stream = TcpStream;

    fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self.listener.accept()?;
        // Only Linux lets an accepted socket inherit this from its listener.
        #[cfg(not(target_os = "linux"))]
        stream.set_nodelay(true)?;
        Ok((stream, peer))
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
