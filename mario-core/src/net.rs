//! The seam to the system's network: mio, or whatever keeps the same promises.
//!
//! What is above it knows no descriptor, no event of epoll and no type of mio. A driver that is to take mio's place goes
//! beside [`system`], under the names that this gives its types, and need not be one that tells of readiness. One that is
//! told of completions, as io_uring is with buffers that the kernel picks, keeps the promises below like this:
//!
//! - [`Poll::register`] asks for all that the socket receives, once, and then each completion is an event that says
//!   `readable`. A driver's own buffer holds what has come until [`Stream::read`] copies it, which is then no call; it
//!   says `WouldBlock` while there is nothing. Fewer bytes than fit means that the buffers of this socket are empty: what
//!   completes later is a new event.
//! - Not to be read is how a peer is held back. So a driver takes no more for a socket than some buffers, and asks again
//!   once they are read.
//! - [`Stream::write`] queues what it takes and says how much that is; the calls are made together at the next
//!   [`Poll::wait`]. Fewer than all means that its queue for the socket is full, and a completion that makes room is an
//!   event that says `writable`. An error of what was queued is one of the next call.
//! - A socket is dropped without a word: its driver keeps its buffers and its descriptor until the kernel has let go of
//!   them, sends what was taken before it closes, and tells of it under its key no more.
//! - [`Poll::wait`] ends for the bell too, which is one more completion to wait for.

pub(crate) mod accepting;
pub(crate) mod admission;
pub(crate) mod clock;

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::time::Duration;

use crate::parts::slots::Key;
use crate::reason::Reason;

pub(crate) mod memory;
#[cfg(test)]
pub(crate) mod sim;
pub(crate) mod system;

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

    /// The service of the connection has ended, which no peer learns; for networks that are looked at from outside.
    #[inline]
    fn ended(&mut self, _reason: Reason) {}
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
    type Listener: Listener<Stream = Self::Stream>;
    type Events;

    fn events(capacity: usize) -> Self::Events;
    fn register(&mut self, stream: &mut Self::Stream, key: Key) -> io::Result<()>;

    /// Registers the worker's listener: its events have the key [`LISTENER`].
    fn watch(&mut self, listener: &mut Self::Listener) -> io::Result<()>;

    /// Ends that. A listener that is dropped without it may go on waking the worker, if others have copies of its socket.
    fn unwatch(&mut self, listener: &mut Self::Listener) -> io::Result<()>;

    /// Waits until there are events, or somebody rings, or `timeout` has passed. After an error there are no events, and it
    /// comes no sooner than after a while, so that whoever goes on does not spin.
    fn wait(&mut self, events: &mut Self::Events, timeout: Option<Duration>) -> io::Result<()>;
    fn ready(events: &Self::Events) -> impl Iterator<Item = Ready>;
}

/// The key of a worker's listener: no connection has it, as there are fewer slots.
pub(crate) const LISTENER: Key = Key { index: u32::MAX, generation: 0 };

/// What an event says of a socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ready {
    pub(crate) key: Key,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    /// The peer sends no more, so that even after a short read there is something to read: the end.
    pub(crate) read_closed: bool,
}

/// Where connections come from. No call blocks.
pub(crate) trait Listener {
    type Stream;

    /// The next connection; `WouldBlock` if none waits.
    fn accept(&mut self) -> io::Result<(Self::Stream, SocketAddr)>;
}

/// A listener for whose connections alone a thread waits.
pub(crate) trait WatchedListener: Listener {
    /// Waits until one may wait, or somebody rings, or `timeout` has passed.
    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()>;
}
