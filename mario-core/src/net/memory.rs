//! A network and a clock in memory, for tests of services: nothing is lost, nothing comes late, and time passes when
//! it is told to.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use super::{LISTENER, Listener, Poll, Ready, Stream};
use crate::net::clock::Clock;
use crate::parts::slots::Key;
use crate::reason::Reason;

/// The network, as everybody in it sees it.
#[derive(Clone, Default)]
pub(crate) struct Network(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    now: Duration,
    events: Vec<Ready>,
    /// Connections that were not accepted yet.
    backlog: VecDeque<(Socket, SocketAddr)>,
    /// What the last wait would have waited for, as nothing had happened.
    waits: Option<Wait>,
}

/// How long a wait would have been; for ever without a time.
#[derive(Clone, Copy)]
pub(crate) struct Wait(pub(crate) Option<Duration>);

impl Network {
    /// A client connects.
    pub(crate) fn connect(&self, peer: SocketAddr) -> Wire {
        let wire = Wire { network: self.clone(), pipe: Rc::default() };
        let mut state = self.0.borrow_mut();
        state.backlog.push_back((Socket(wire.clone()), peer));
        state.events.push(Ready { key: LISTENER, readable: true, writable: false, read_closed: false });
        drop(state);
        wire
    }

    /// How long the server would wait now, if it has nothing to do.
    pub(crate) fn idle(&self) -> Option<Wait> {
        self.0.borrow().waits
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, time: Duration) {
        self.0.borrow_mut().now += time;
    }
}

impl Clock for Network {
    fn now(&self) -> Duration {
        self.0.borrow().now
    }
}

/// A connection, as its client sees it.
#[derive(Clone)]
pub(crate) struct Wire {
    network: Network,
    pipe: Rc<RefCell<Pipe>>,
}

#[derive(Default)]
struct Pipe {
    /// Under which key the server watches it.
    key: Option<Key>,
    to_server: VecDeque<u8>,
    to_client: Vec<u8>,
    /// How many bytes the network takes yet while the client does not read.
    room: Option<usize>,
    /// The client sends no more.
    finished: bool,
    /// The client has broken it off.
    reset: bool,
    /// Why the server's service of it has ended.
    reason: Option<Reason>,
    /// The server has closed it.
    closed: bool,
}

impl Pipe {
    fn ready(&self) -> Option<Ready> {
        let read_closed = self.finished || self.reset;
        let readable = read_closed || !self.to_server.is_empty();
        let writable = self.reset || self.room != Some(0);
        self.key.map(|key| Ready { key, readable, writable, read_closed })
    }
}

impl Wire {
    /// Bytes for the server.
    pub(crate) fn send(&self, bytes: &[u8]) {
        self.change(|pipe| pipe.to_server.extend(bytes));
    }

    /// The client sends no more.
    pub(crate) fn finish(&self) {
        self.change(|pipe| pipe.finished = true);
    }

    /// The client breaks the connection off.
    pub(crate) fn reset(&self) {
        self.change(|pipe| pipe.reset = true);
    }

    /// How many bytes the network still takes for a client that does not read; `None` if it reads.
    pub(crate) fn set_room(&self, room: Option<usize>) {
        self.change(|pipe| pipe.room = room);
    }

    /// What has come from the server since the last time.
    pub(crate) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.pipe.borrow_mut().to_client)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.pipe.borrow().closed
    }

    pub(crate) fn reason(&self) -> Option<Reason> {
        self.pipe.borrow().reason
    }

    pub(crate) fn key(&self) -> Option<Key> {
        self.pipe.borrow().key
    }

    fn change(&self, change: impl FnOnce(&mut Pipe)) {
        let mut pipe = self.pipe.borrow_mut();
        change(&mut pipe);
        self.network.0.borrow_mut().events.extend(pipe.ready());
    }
}

/// A connection, as the server sees it.
pub(crate) struct Socket(Wire);

impl Stream for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut pipe = self.0.pipe.borrow_mut();
        if pipe.reset {
            return Err(ErrorKind::ConnectionReset.into());
        }
        // In two halves it would be read in two reads, the first of them short though more is there.
        pipe.to_server.make_contiguous();
        match io::Read::read(&mut pipe.to_server, into)? {
            0 if !pipe.finished => Err(ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut pipe = self.0.pipe.borrow_mut();
        if pipe.reset {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let count = pipe.room.map_or(bytes.len(), |room| room.min(bytes.len()));
        if count == 0 && !bytes.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        pipe.room = pipe.room.map(|room| room - count);
        pipe.to_client.extend(&bytes[..count]);
        Ok(count)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        self.write(&bytes)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn ended(&mut self, reason: Reason) {
        self.0.pipe.borrow_mut().reason = Some(reason);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.0.pipe.borrow_mut().closed = true;
    }
}

/// What the server listens on.
pub(crate) struct Entry(pub(crate) Network);

impl Listener for Entry {
    type Stream = Socket;

    fn accept(&mut self) -> io::Result<(Socket, SocketAddr)> {
        let next = self.0.0.borrow_mut().backlog.pop_front();
        next.ok_or_else(|| ErrorKind::WouldBlock.into())
    }
}

/// Never waits.
impl Poll for Network {
    type Stream = Socket;
    type Listener = Entry;
    type Events = Vec<Ready>;

    fn events(capacity: usize) -> Vec<Ready> {
        Vec::with_capacity(capacity)
    }

    fn register(&mut self, socket: &mut Socket, key: Key) -> io::Result<()> {
        socket.0.change(|pipe| pipe.key = Some(key));
        Ok(())
    }

    fn watch(&mut self, _listener: &mut Entry) -> io::Result<()> {
        Ok(())
    }

    fn unwatch(&mut self, _listener: &mut Entry) -> io::Result<()> {
        Ok(())
    }

    fn wait(&mut self, events: &mut Vec<Ready>, timeout: Option<Duration>) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        events.clear();
        events.append(&mut state.events);
        let is_idle = events.is_empty() && timeout != Some(Duration::ZERO);
        state.waits = is_idle.then_some(Wait(timeout));
        Ok(())
    }

    fn ready(events: &Vec<Ready>) -> impl Iterator<Item = Ready> {
        events.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_read_has_taken_all_that_came() {
        let wire = Wire { network: Network::default(), pipe: Rc::default() };
        let mut socket = Socket(wire.clone());
        let mut room = [0; 1024];
        for sent in 1..100 {
            wire.send(&vec![0; sent]);
            assert_eq!(socket.read(&mut room[..1]).unwrap(), 1);
            wire.send(&[0; 7]);
            assert_eq!(socket.read(&mut room).unwrap(), sent - 1 + 7);
        }
    }
}
