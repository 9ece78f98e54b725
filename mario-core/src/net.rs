//! The seam to the system's network: mio, or whatever keeps the same promises.

use std::io::{self, IoSlice};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Token};
use socket2::{Domain, Protocol, Socket, Type};

use crate::slots::Key;

/// A connected socket. No call blocks; `WouldBlock` and `Interrupted` mean what they mean for the system's sockets.
pub(crate) trait Stream {
    /// Reads some bytes; 0 is the end of the stream. Fewer than fit means that no more had arrived.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize>;

    /// Writes some bytes. Fewer than all means that the socket is full, and a writable event will follow.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// The same for bytes in several places.
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Tells the peer that no more will come.
    fn shutdown_write(&mut self) -> io::Result<()>;
}

/// Does a call again for as long as a signal interrupts it.
#[inline]
pub(crate) fn uninterrupted<R>(mut call: impl FnMut() -> io::Result<R>) -> io::Result<R> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Waits for the sockets of one worker.
///
/// A socket is registered once, for both directions, and is dropped without a word. Its events are edges: each tells
/// of a change since the last one, the first of the state at registration. There may be spurious ones, and ones for
/// sockets that are gone.
pub(crate) trait Poll {
    type Stream: Stream;
    type Events;

    fn events(capacity: usize) -> Self::Events;
    fn register(&mut self, stream: &mut Self::Stream, key: Key) -> io::Result<()>;

    /// Waits until there are events, or somebody rings, or `timeout` has passed.
    fn wait(&mut self, events: &mut Self::Events, timeout: Option<Duration>) -> io::Result<()>;
    fn ready(events: &Self::Events) -> impl Iterator<Item = Ready>;
}

/// What an event says of a socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ready {
    pub(crate) key: Key,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    /// The peer sends no more, so that even after a short read there is something to read: the end.
    pub(crate) read_closed: bool,
}

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

/// Where connections come from. No call blocks.
pub(crate) trait Listener {
    type Stream: Send;

    /// The next connection; `WouldBlock` if none waits.
    fn accept(&mut self) -> io::Result<(Self::Stream, SocketAddr)>;

    /// Waits until one may wait, or somebody rings, or `timeout` has passed.
    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()>;
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
    pub(crate) fn watch(&mut self) -> io::Result<Arc<mio::Waker>> {
        self.poll.registry().register(&mut self.listener, Token(0), Interest::READABLE)?;
        Ok(Arc::new(mio::Waker::new(self.poll.registry(), WAKE)?))
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

    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            result => result,
        }
    }
}
