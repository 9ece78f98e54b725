//! What the runtime keeps of a connection beside its socket and its session.

use std::fmt;
use std::net::SocketAddr;

use crate::buffers::Chain;
use crate::reason::Reason;
use crate::slots::Key;

/// Names one connection of a server's run: its worker, its slot, and which of the slot's tenants it is.
///
/// ```text
/// 3.17.2      worker 3, slot 17, after 2 earlier tenants
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConnId {
    /// The worker in the upper bits, the slot in the lower ones.
    place: u32,
    generation: u32,
}

impl ConnId {
    const SLOT_BITS: u32 = 22;

    /// The most workers of a server.
    pub(crate) const MAX_WORKERS: usize = 1 << (32 - Self::SLOT_BITS);

    /// The most connections of a worker.
    pub(crate) const MAX_SLOTS: usize = 1 << Self::SLOT_BITS;

    pub(crate) fn new(worker: usize, key: Key) -> Self {
        ConnId { place: (worker as u32) << Self::SLOT_BITS | key.index, generation: key.generation }
    }

    /// The number of the worker that owns the connection, from 0.
    pub fn worker(self) -> usize {
        (self.place >> Self::SLOT_BITS) as usize
    }

    pub(crate) fn key(self) -> Key {
        Key { index: self.place & (Self::MAX_SLOTS as u32 - 1), generation: self.generation }
    }
}

impl fmt::Display for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Key { index, generation } = self.key();
        write!(f, "{}.{index}.{generation}", self.worker())
    }
}

impl fmt::Debug for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnId({self})")
    }
}

/// The state of one connection that knows neither its socket nor its service.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) id: ConnId,
    pub(crate) peer: SocketAddr,
    pub(crate) phase: Phase,
    /// Why the connection shall end once the handler that runs has returned.
    ending: Option<Ending>,
    /// Unsent output is above the high-water mark: no more requests are taken.
    pub(crate) paused: bool,
    /// The connection waits in its worker's list for another turn.
    pub(crate) queued: bool,
    /// Bytes received and not yet handled: a part of a frame or, while paused, whole ones too.
    pub(crate) input: Chain,
    /// Bytes that the socket did not take yet.
    pub(crate) output: Chain,
}

/// Where a connection is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Requests are served.
    Open,
    /// Reported as disconnected; what was sent before is being flushed.
    Flushing,
    /// All is flushed and the peer has been told; what it still sends is discarded, as closing with unread input
    /// would reset the connection and could cost the peer the last replies.
    Lingering,
    /// Over; the slot is to be freed.
    Gone,
}

#[derive(Clone, Copy, Debug)]
enum Ending {
    Service,
    Overflow,
}

impl Link {
    pub(crate) fn new(id: ConnId, peer: SocketAddr) -> Self {
        Link {
            id,
            peer,
            phase: Phase::Open,
            ending: None,
            paused: false,
            queued: false,
            input: Chain::EMPTY,
            output: Chain::EMPTY,
        }
    }

    /// Whether the next request may be handled.
    #[inline]
    pub(crate) fn takes_requests(&self) -> bool {
        self.is_served() && !self.paused
    }

    /// Whether the service still has it, and will after the handler that runs.
    #[inline]
    pub(crate) fn is_served(&self) -> bool {
        self.phase == Phase::Open && self.ending.is_none()
    }

    /// Whether output may be added.
    #[inline]
    pub(crate) fn takes_output(&self) -> bool {
        self.phase == Phase::Open && !matches!(self.ending, Some(Ending::Overflow))
    }

    /// The service wants it closed.
    pub(crate) fn close(&mut self) {
        self.ending.get_or_insert(Ending::Service);
    }

    /// More output than may wait.
    #[cold]
    pub(crate) fn overflow(&mut self) {
        self.ending = Some(Ending::Overflow);
    }

    /// Why it shall end, if it shall.
    pub(crate) fn ending(&self) -> Option<Reason> {
        self.ending.map(|ending| match ending {
            Ending::Service => Reason::Service,
            Ending::Overflow => Reason::Overflow,
        })
    }
}
