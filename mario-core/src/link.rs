//! What the runtime keeps of a connection beside its socket and its session.

pub(crate) mod inbox;
pub(crate) mod message;
pub(crate) mod outbox;

mod peer;

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use thiserror::Error;

use crate::parts::buffers::Chain;
use crate::parts::slots::Key;
use crate::reason::Reason;
pub(crate) use peer::Peer;

/// Names one connection of a server's run: its worker, its slot, and which of the slot's tenants it is.
///
/// ```text
/// 3.17.2      worker 3, slot 17, after 2 earlier tenants
/// ```
///
/// It is 8 bytes, and is printed and parsed in this form:
///
/// ```
/// let id: mario::ConnId = "3.17.2".parse()?;
/// assert_eq!(id.worker(), 3);
/// assert_eq!(id.to_string(), "3.17.2");
/// # Ok::<(), mario::ConnIdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// Text that names no connection.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "`{0}` is no connection's id: that is a worker below {workers}, a slot below {slots} and a number, as `3.17.2`",
    workers = ConnId::MAX_WORKERS,
    slots = ConnId::MAX_SLOTS
)]
pub struct ConnIdError(String);

impl FromStr for ConnId {
    type Err = ConnIdError;

    fn from_str(text: &str) -> Result<Self, ConnIdError> {
        let mut parts = text.split('.').map(|part| match part.as_bytes() {
            // Neither a sign nor a zero in front: an id has one form.
            [b'1'..=b'9', ..] | b"0" => part.parse::<u32>().ok(),
            _ => None,
        });
        let mut next = || parts.next().flatten();
        match (next(), next(), next(), parts.next()) {
            (Some(worker), Some(index), Some(generation), None)
                if (worker as usize) < Self::MAX_WORKERS && (index as usize) < Self::MAX_SLOTS =>
            {
                Ok(ConnId::new(worker as usize, Key { index, generation }))
            }
            _ => Err(ConnIdError(text.to_owned())),
        }
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
    pub(crate) peer: Peer,
    phase: Phase,
    /// What keeps it from its next request.
    stops: Stops,
    /// It has become one of the service in this turn.
    pub(crate) begins: bool,
    /// Frames were handled in this turn.
    pub(crate) has_handled: bool,
    /// A frame was handled.
    pub(crate) has_spoken: bool,
    /// A frame has begun, and is not whole.
    pub(crate) is_partial: bool,
    /// The service has admitted it.
    pub(crate) is_admitted: bool,
    /// How often the size of a read was doubled: it grows with what a peer sends, for as long as that is handled at once.
    /// So little waits here of one that reads its replies slowly, or not at all; the rest does in the kernel.
    pub(crate) reach: u8,
    /// How often the peer was asked whether it is there since it said something.
    pub(crate) pings: u8,
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
    /// The header of the proxy that has connected is awaited; the service does not know of it yet.
    Greeting,
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

/// What keeps a connection from its next request, or from any: together in a byte, as it is asked for each frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stops(u8);

impl Stops {
    const NONE: Stops = Stops(0);
    /// Unsent output is above the high-water mark: no more requests are taken.
    const PAUSED: Stops = Stops(1);
    /// An answer is owed that has to leave before the next request is taken.
    const AWAITS_ANSWER: Stops = Stops(1 << 1);
    /// It has sent faster than it may, and is not read for a while.
    const THROTTLED: Stops = Stops(1 << 2);
    /// Its phase is another than open.
    const NOT_OPEN: Stops = Stops(1 << 3);
    /// The service wants it closed once the handler that runs has returned.
    const CLOSES: Stops = Stops(1 << 4);
    /// More output than may wait: it ends once the handler that runs has returned.
    const OVERFLOWS: Stops = Stops(1 << 5);

    const HOLDS: Stops = Stops::PAUSED.and(Stops::AWAITS_ANSWER).and(Stops::THROTTLED);
    const ENDS: Stops = Stops::NOT_OPEN.and(Stops::CLOSES).and(Stops::OVERFLOWS);

    const fn and(self, other: Stops) -> Stops {
        Stops(self.0 | other.0)
    }

    /// Whether it is any of these.
    #[inline]
    const fn any(self, of: Stops) -> bool {
        self.0 & of.0 != 0
    }

    /// Sets or clears it.
    #[inline]
    fn set(&mut self, stop: Stops, is_set: bool) {
        if is_set {
            self.0 |= stop.0;
        } else {
            self.0 &= !stop.0;
        }
    }
}

impl Link {
    /// How often the size of a read is doubled at most.
    pub(crate) const FURTHEST: u8 = 5;

    pub(crate) fn new(id: ConnId, peer: SocketAddr) -> Self {
        Link {
            id,
            peer: peer.into(),
            phase: Phase::Open,
            stops: Stops::NONE,
            begins: false,
            has_handled: false,
            has_spoken: false,
            is_partial: false,
            is_admitted: false,
            reach: 0,
            pings: 0,
            queued: false,
            input: Chain::EMPTY,
            output: Chain::EMPTY,
        }
    }

    /// Where it is in its life.
    #[inline]
    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// Its life goes on.
    #[inline]
    pub(crate) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.stops.set(Stops::NOT_OPEN, phase != Phase::Open);
    }

    /// Whether the next request may be handled.
    #[inline]
    pub(crate) fn takes_requests(&self) -> bool {
        self.stops == Stops::NONE
    }

    /// Whether the service still has it, and will after the handler that runs.
    #[inline]
    pub(crate) fn is_served(&self) -> bool {
        !self.stops.any(Stops::ENDS)
    }

    /// Whether nothing is read from it for now.
    #[inline]
    pub(crate) fn is_held(&self) -> bool {
        self.stops.any(Stops::HOLDS)
    }

    /// Whether output may be added.
    #[inline]
    pub(crate) fn takes_output(&self) -> bool {
        !self.stops.any(Stops::NOT_OPEN.and(Stops::OVERFLOWS))
    }

    /// Whether its unsent output is above the high-water mark.
    #[inline]
    pub(crate) fn is_paused(&self) -> bool {
        self.stops.any(Stops::PAUSED)
    }

    pub(crate) fn set_paused(&mut self, is_paused: bool) {
        self.stops.set(Stops::PAUSED, is_paused);
    }

    /// Whether an answer is owed that has to leave before the next request is taken.
    pub(crate) fn set_awaits_answer(&mut self, awaits_answer: bool) {
        self.stops.set(Stops::AWAITS_ANSWER, awaits_answer);
    }

    /// Whether it waits for one.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn awaits_answer(&self) -> bool {
        self.stops.any(Stops::AWAITS_ANSWER)
    }

    /// Whether it has sent faster than it may.
    #[inline]
    pub(crate) fn is_throttled(&self) -> bool {
        self.stops.any(Stops::THROTTLED)
    }

    /// Whether it was throttled before.
    pub(crate) fn set_throttled(&mut self, is_throttled: bool) -> bool {
        let was_throttled = self.is_throttled();
        self.stops.set(Stops::THROTTLED, is_throttled);
        was_throttled
    }

    /// There was more to read than a read has taken.
    #[cold]
    pub(crate) fn reach_further(&mut self) {
        if !self.is_held() {
            self.reach = (self.reach + 1).min(Self::FURTHEST);
        }
    }

    /// The service wants it closed.
    pub(crate) fn close(&mut self) {
        self.stops.set(Stops::CLOSES, true);
    }

    /// More output than may wait.
    #[cold]
    pub(crate) fn overflow(&mut self) {
        self.stops.set(Stops::OVERFLOWS, true);
    }

    /// Why it shall end, if it shall.
    #[inline]
    pub(crate) fn ending(&self) -> Option<Reason> {
        match self.stops {
            stops if stops.any(Stops::OVERFLOWS) => Some(Reason::Overflow),
            stops if stops.any(Stops::CLOSES) => Some(Reason::Service),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_is_parsed_as_it_is_printed(
            worker in 0..ConnId::MAX_WORKERS,
            index in 0..ConnId::MAX_SLOTS as u32,
            generation: u32,
        ) {
            let id = ConnId::new(worker, Key { index, generation });
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert_eq!((id.worker(), id.key()), (worker, Key { index, generation }));
        }

        #[test]
        fn whatever_is_parsed_is_printed_the_same(text in "[0-9+.-]{0,12}") {
            if let Ok(id) = text.parse::<ConnId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn an_id_is_small() {
        assert_eq!(size_of::<ConnId>(), 8);
    }

    #[test]
    fn other_text_is_no_id() {
        for text in
            ["", "1.2", "1.2.3.4", "1.2.x", "1024.0.0", "0.4194304.0", "0.0.4294967296", "+1.0.0", " 1.2.3"]
        {
            assert_eq!(text.parse::<ConnId>(), Err(ConnIdError(text.to_owned())));
        }
    }
}
