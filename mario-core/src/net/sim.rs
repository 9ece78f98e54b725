//! A simulated network and clock: the same seam, no system, no thread, no waiting.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use super::{LISTENER, Listener, Poll, Ready, Stream};
use crate::net::clock::Clock;
use crate::parts::slots::Key;

/// The peer of a connection, and the network between: what has arrived, what is taken.
#[derive(Default)]
pub(crate) struct Peer {
    /// Pieces that have arrived; an error where one is to be had.
    pub(crate) sent: VecDeque<Result<Vec<u8>, ErrorKind>>,
    /// Nothing follows what has arrived.
    pub(crate) end: bool,
    /// How many bytes the socket takes before it is full.
    pub(crate) room: usize,
    pub(crate) received: Vec<u8>,
    /// What a write fails with.
    pub(crate) broken: Option<ErrorKind>,
    /// The server sends no more.
    pub(crate) shut: bool,
    pub(crate) calls: Calls,
}

/// How often a socket was called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    pub(crate) reads: usize,
    /// Of the reads, those that found nothing.
    pub(crate) vain_reads: usize,
    pub(crate) writes: usize,
}

/// The server's end of a connection.
#[derive(Clone, Default)]
pub(crate) struct SimStream(pub(crate) Rc<RefCell<Peer>>);

impl Stream for SimStream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut peer = self.0.borrow_mut();
        peer.calls.reads += 1;
        let mut count = 0;
        // All that has arrived, as far as it fits; an error stands before what comes after it, an interruption only at first.
        while count < into.len() {
            match peer.sent.pop_front() {
                Some(Ok(mut piece)) => {
                    let taken = piece.len().min(into.len() - count);
                    into[count..count + taken].copy_from_slice(&piece[..taken]);
                    count += taken;
                    if taken < piece.len() {
                        peer.sent.push_front(Ok(piece.split_off(taken)));
                    }
                }
                Some(Err(ErrorKind::Interrupted)) if count > 0 => {}
                Some(Err(error)) if count > 0 => {
                    peer.sent.push_front(Err(error));
                    break;
                }
                Some(Err(error)) => return Err(error.into()),
                None if count > 0 || peer.end => break,
                None => {
                    peer.calls.vain_reads += 1;
                    return Err(ErrorKind::WouldBlock.into());
                }
            }
        }
        Ok(count)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut peer = self.0.borrow_mut();
        peer.calls.writes += 1;
        if let Some(error) = peer.broken {
            return Err(error.into());
        }
        let count = bytes.len().min(peer.room);
        if count == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        peer.room -= count;
        peer.received.extend(&bytes[..count]);
        Ok(count)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut written = 0;
        for slice in slices {
            match self.write(slice) {
                Ok(count) if count < slice.len() => return Ok(written + count),
                Ok(count) => written += count,
                Err(error) if written == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(written)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.0.borrow_mut().shut = true;
        Ok(())
    }
}

/// A listener, and what it has to give: connections, and errors where some are to be had.
#[derive(Clone, Default)]
pub(crate) struct SimListener(pub(crate) Rc<RefCell<VecDeque<Result<SimStream, ErrorKind>>>>);

impl Listener for SimListener {
    type Stream = SimStream;

    fn accept(&mut self) -> io::Result<(SimStream, SocketAddr)> {
        match self.0.borrow_mut().pop_front() {
            Some(Ok(stream)) => Ok((stream, ([127, 0, 0, 1], 1).into())),
            Some(Err(error)) => Err(error.into()),
            None => Err(ErrorKind::WouldBlock.into()),
        }
    }
}

/// A clock that only a wait moves.
#[derive(Clone, Default)]
pub(crate) struct SimClock(Rc<Cell<Duration>>);

impl SimClock {
    /// Lets time pass.
    pub(crate) fn pass(&self, time: Duration) {
        self.0.set(self.0.get() + time);
    }
}

impl Clock for SimClock {
    fn now(&self) -> Duration {
        self.0.get()
    }
}

/// A poll that never waits: with nothing to tell, time is over at once.
#[derive(Clone, Default)]
pub(crate) struct SimPoll {
    clock: SimClock,
    events: Rc<RefCell<Vec<Ready>>>,
    /// The keys under which streams were registered, in order.
    pub(crate) registered: Rc<RefCell<Vec<Key>>>,
    /// The next wait panics: a fault of ours.
    pub(crate) fault: Rc<Cell<bool>>,
    /// What the next waits fail with.
    pub(crate) broken: Rc<Cell<Option<ErrorKind>>>,
    /// There is a listener whose events come.
    pub(crate) watches: Rc<Cell<bool>>,
    /// The last wait had neither an event nor an end.
    pub(crate) asleep: Rc<Cell<bool>>,
}

impl SimPoll {
    pub(crate) fn new(clock: SimClock) -> Self {
        SimPoll { clock, ..SimPoll::default() }
    }

    /// Something has happened to the connection that was registered as number `index`.
    pub(crate) fn tell(&self, index: usize, readable: bool, writable: bool) {
        let key = self.registered.borrow()[index];
        self.events.borrow_mut().push(Ready { key, readable, writable, read_closed: false });
    }

    /// The peer of the connection that was registered as number `index` sends no more.
    pub(crate) fn tell_end(&self, index: usize) {
        let key = self.registered.borrow()[index];
        self.events.borrow_mut().push(Ready { key, readable: true, writable: false, read_closed: true });
    }

    /// Somebody has come to the listener.
    pub(crate) fn knock(&self) {
        let edge = Ready { key: LISTENER, readable: true, writable: false, read_closed: false };
        self.events.borrow_mut().push(edge);
    }
}

impl Poll for SimPoll {
    type Stream = SimStream;
    type Listener = SimListener;
    type Events = Vec<Ready>;

    fn events(capacity: usize) -> Vec<Ready> {
        Vec::with_capacity(capacity)
    }

    fn register(&mut self, _stream: &mut SimStream, key: Key) -> io::Result<()> {
        self.registered.borrow_mut().push(key);
        Ok(())
    }

    fn watch(&mut self, _listener: &mut SimListener) -> io::Result<()> {
        self.knock();
        self.watches.set(true);
        Ok(())
    }

    fn unwatch(&mut self, _listener: &mut SimListener) -> io::Result<()> {
        self.watches.set(false);
        Ok(())
    }

    fn wait(&mut self, events: &mut Vec<Ready>, timeout: Option<Duration>) -> io::Result<()> {
        assert!(!self.fault.replace(false), "as the test wants it");
        events.clear();
        if let Some(error) = self.broken.get() {
            return Err(error.into());
        }
        events.append(&mut self.events.borrow_mut());
        self.asleep.set(events.is_empty() && timeout.is_none());
        if events.is_empty() {
            self.clock.0.set(self.clock.now() + timeout.unwrap_or_default());
        }
        Ok(())
    }

    fn ready(events: &Vec<Ready>) -> impl Iterator<Item = Ready> {
        events.iter().copied()
    }
}
