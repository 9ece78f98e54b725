//! How a worker waits for its sockets: epoll or kqueue, through mio.

use std::io;
use std::thread;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Interest, Token};

use super::listener::SharedListener;
use crate::net::{LISTENER, Poll, Ready};
use crate::parts::slots::Key;

/// What a wait that fails takes at least, unless it was to be shorter.
const PAUSE: Duration = Duration::from_millis(10);

/// The system's poll.
pub(crate) struct SystemPoll(pub(super) mio::Poll);

impl Poll for SystemPoll {
    type Stream = TcpStream;
    type Listener = SharedListener;
    type Events = imp::Events;

    fn events(capacity: usize) -> imp::Events {
        imp::Events::with_capacity(capacity)
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

    fn wait(&mut self, events: &mut imp::Events, timeout: Option<Duration>) -> io::Result<()> {
        match imp::wait(&mut self.0, events, timeout) {
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

    fn ready(events: &imp::Events) -> impl Iterator<Item = Ready> {
        imp::ready(events)
    }
}

fn token(key: Key) -> Token {
    Token(key.to_bits() as usize)
}

/// The wait itself without mio, whose one is the C library's: a point of a thread's cancellation, as
/// [reads](crate::net::Stream::read) there are.
#[cfg(target_os = "linux")]
mod imp {
    use std::io;
    use std::time::Duration;

    use rustix::buffer::spare_capacity;
    use rustix::event::Timespec;
    use rustix::event::epoll::{self, Event, EventFlags};

    use super::super::WAKE;
    use crate::net::Ready;
    use crate::parts::slots::Key;

    pub(super) type Events = Vec<Event>;

    /// The peer sends no more, or the connection is over.
    const READ_CLOSED: EventFlags = EventFlags::RDHUP.union(EventFlags::HUP).union(EventFlags::ERR);
    const READABLE: EventFlags = EventFlags::IN.union(READ_CLOSED);

    #[inline]
    pub(super) fn wait(
        poll: &mut mio::Poll,
        events: &mut Events,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        events.clear();
        // A time that is too long for the system is as good as none.
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        epoll::wait(poll.registry(), spare_capacity(events), timeout.as_ref())?;
        Ok(())
    }

    #[inline]
    pub(super) fn ready(events: &Events) -> impl Iterator<Item = Ready> {
        events
            .iter()
            .map(|event| (event.data.u64(), event.flags))
            .filter(|(data, _)| *data != WAKE.0 as u64)
            .map(|(data, flags)| Ready {
                key: Key::from_bits(data),
                readable: flags.intersects(READABLE),
                writable: flags.contains(EventFlags::OUT),
                read_closed: flags.intersects(READ_CLOSED),
            })
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use std::io;
    use std::time::Duration;

    use super::super::WAKE;
    use crate::net::Ready;
    use crate::parts::slots::Key;

    pub(super) type Events = mio::Events;

    pub(super) fn wait(
        poll: &mut mio::Poll,
        events: &mut Events,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        poll.poll(events, timeout)
    }

    pub(super) fn ready(events: &Events) -> impl Iterator<Item = Ready> {
        events.iter().filter(|event| event.token() != WAKE).map(|event| Ready {
            key: Key::from_bits(event.token().0 as u64),
            readable: event.is_readable() || event.is_read_closed() || event.is_error(),
            writable: event.is_writable(),
            read_closed: event.is_read_closed() || event.is_error(),
        })
    }
}
