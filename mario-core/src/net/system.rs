//! The system's sockets and their readiness, through mio.

mod bell;
mod listener;
mod options;
mod table;

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::thread;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Interest, Token};
#[cfg(target_os = "linux")]
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, send, sendmsg};

use super::{LISTENER, Poll, Ready, Stream};
use crate::parts::slots::Key;

pub(crate) use bell::Bell;
pub(crate) use listener::{Claim, SharedListener, SystemListener, adopt, bind_beside, open};
pub use options::KeepAlive;
pub(crate) use options::SocketOptions;
pub(crate) use table::{HAS_PRIVATE_TABLES, make_table_private};

// A token carries a slot and its generation.
const _: () = assert!(usize::BITS >= 64, "mario needs a 64-bit target");

/// The token of the bell: no key has it, as there are fewer slots.
const WAKE: Token = Token(usize::MAX);

/// What a wait that fails takes at least, unless it was to be shorter.
const PAUSE: Duration = Duration::from_millis(10);

/// A connected socket of the system.
pub(crate) type SystemStream = TcpStream;

/// The system's poll: epoll or kqueue, through mio.
pub(crate) struct SystemPoll(mio::Poll);

impl Poll for SystemPoll {
    type Stream = TcpStream;
    type Listener = SharedListener;
    type Events = mio::Events;

    fn events(capacity: usize) -> Self::Events {
        mio::Events::with_capacity(capacity)
    }

    fn register(&mut self, stream: &mut TcpStream, key: Key) -> io::Result<()> {
        self.0.registry().register(stream, token(key), Interest::READABLE | Interest::WRITABLE)
    }

    fn watch(&mut self, listener: &mut SharedListener) -> io::Result<()> {
        self.0.registry().register(&mut listener.socket, token(LISTENER), Interest::READABLE)
    }

    fn unwatch(&mut self, listener: &mut SharedListener) -> io::Result<()> {
        self.0.registry().deregister(&mut listener.socket)
    }

    fn wait(&mut self, events: &mut mio::Events, timeout: Option<Duration>) -> io::Result<()> {
        match self.0.poll(events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                events.clear();
                Ok(())
            }
            Err(error) => {
                events.clear();
                thread::sleep(timeout.map_or(PAUSE, |timeout| timeout.min(PAUSE)));
                Err(error)
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

fn token(key: Key) -> Token {
    Token(key.to_bits() as usize)
}

impl Stream for TcpStream {
    /// Without the C library, whose calls are points of a thread's cancellation: that costs as much as all the rest that a
    /// request needs outside of the kernel.
    #[cfg(target_os = "linux")]
    #[inline]
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let (count, _) = recv(&*self, into, RecvFlags::empty())?;
        Ok(count)
    }

    #[cfg(not(target_os = "linux"))]
    #[inline]
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        io::Read::read(self, into)
    }

    #[cfg(target_os = "linux")]
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(send(&*self, bytes, SendFlags::NOSIGNAL)?)
    }

    #[cfg(not(target_os = "linux"))]
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::Write::write(self, bytes)
    }

    /// The standard library's one raises SIGPIPE, where a host that is no Rust program has not ignored it.
    #[cfg(target_os = "linux")]
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut nothing = SendAncillaryBuffer::default();
        Ok(sendmsg(&*self, slices, &mut nothing, SendFlags::NOSIGNAL)?)
    }

    #[cfg(not(target_os = "linux"))]
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        io::Write::write_vectored(self, slices)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}
