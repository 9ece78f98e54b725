//! Readiness of many sockets.
//!
//! Not mio's, because a paced load waits for the next request to the microsecond, and mio for a whole millisecond.

use std::io;
use std::num::NonZeroU64;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::io::Errno;
use rustix::thread::set_current_timer_slack;

/// How many events one wait brings at most.
const EVENTS: usize = 1024;

const OVER: EventFlags = EventFlags::RDHUP.union(EventFlags::HUP).union(EventFlags::ERR);
const READING: EventFlags = EventFlags::IN.union(EventFlags::RDHUP).union(EventFlags::ET);

/// Sockets that are waited for, each registered once, edge-triggered.
#[derive(Debug)]
pub(crate) struct Epoll(OwnedFd);

impl Epoll {
    /// Of no socket yet.
    ///
    /// # Errors
    /// The system has no descriptor for it.
    pub(crate) fn new() -> io::Result<Epoll> {
        Ok(Epoll(epoll::create(CreateFlags::CLOEXEC)?))
    }

    /// Adds a socket, for both directions; closing it removes it.
    ///
    /// # Errors
    /// It is there already, or the system has no memory for it.
    pub(crate) fn add(&self, socket: impl AsFd, token: u64) -> io::Result<()> {
        Ok(epoll::add(&self.0, socket, EventData::new_u64(token), READING | EventFlags::OUT)?)
    }

    /// The same for a socket that always has room to write: there is no event for that.
    ///
    /// # Errors
    /// The same.
    pub(crate) fn add_for_reading(&self, socket: impl AsFd, token: u64) -> io::Result<()> {
        Ok(epoll::add(&self.0, socket, EventData::new_u64(token), READING)?)
    }

    /// Waits until something happens, a signal included, but no longer than `limit`.
    ///
    /// # Errors
    /// The system says no.
    pub(crate) fn wait(&self, events: &mut Events, limit: Duration) -> io::Result<()> {
        events.0.clear();
        let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
        match epoll::wait(&self.0, spare_capacity(&mut events.0), Some(&limit)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Makes the waits of the calling thread end when they should, and not 50 µs later, as the system has it to save power.
pub(crate) fn be_punctual() {
    // One that is less punctual measures too, only worse.
    let _ = set_current_timer_slack(Some(NonZeroU64::MIN));
}

/// What one wait brought.
#[derive(Default)]
pub(crate) struct Events(Vec<epoll::Event>);

impl Events {
    /// Room for them.
    pub(crate) fn new() -> Events {
        Events(Vec::with_capacity(EVENTS))
    }

    /// Takes them out.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Event> + '_ {
        self.0.drain(..).map(|event| Event { token: event.data.u64(), flags: event.flags })
    }
}

/// Something happened to a socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    /// What the socket was added with.
    pub(crate) token: u64,
    flags: EventFlags,
}

impl Event {
    /// There is something to be read, or the end of it.
    pub(crate) fn is_readable(self) -> bool {
        self.flags.intersects(EventFlags::IN | OVER)
    }

    /// There is room to write, or writing tells the error.
    pub(crate) fn is_writable(self) -> bool {
        self.flags.intersects(EventFlags::OUT | EventFlags::HUP | EventFlags::ERR)
    }

    /// The peer sends no more: a short read has not taken all.
    pub(crate) fn is_over(self) -> bool {
        self.flags.intersects(OVER)
    }
}
