//! The system's sockets and their readiness, through mio.

mod bell;
mod listener;
mod options;
mod poll;
mod table;

use std::io::{self, IoSlice};
use std::net::Shutdown;

use mio::Token;
use mio::net::TcpStream;
#[cfg(target_os = "linux")]
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, send, sendmsg};

use super::Stream;

pub(crate) use bell::Bell;
pub(crate) use listener::{Claim, SharedListener, SystemListener, adopt, bind_beside, open};
pub use options::KeepAlive;
pub(crate) use options::SocketOptions;
pub(crate) use poll::SystemPoll;
pub(crate) use table::{HAS_PRIVATE_TABLES, make_table_private};

// A token carries a slot and its generation.
const _: () = assert!(usize::BITS >= 64, "mario needs a 64-bit target");

/// The token of the bell: no key has it, as there are fewer slots.
const WAKE: Token = Token(usize::MAX);

/// A connected socket of the system.
pub(crate) type SystemStream = TcpStream;

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
