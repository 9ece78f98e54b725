//! What the runtime keeps of a connection beside its socket and its session.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use thiserror::Error;

use crate::buffers::Chain;
use crate::reason::Reason;
use crate::slots::Key;

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
    pub(crate) peer: SocketAddr,
    pub(crate) phase: Phase,
    /// Why the connection shall end once the handler that runs has returned.
    ending: Option<Ending>,
    /// Unsent output is above the high-water mark: no more requests are taken.
    pub(crate) paused: bool,
    /// An answer is owed that has to leave before the next request is taken.
    pub(crate) awaits_answer: bool,
    /// It has sent faster than it may, and is not read for a while.
    pub(crate) throttled: bool,
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
            awaits_answer: false,
            throttled: false,
            begins: false,
            has_handled: false,
            has_spoken: false,
            is_partial: false,
            is_admitted: false,
            pings: 0,
            queued: false,
            input: Chain::EMPTY,
            output: Chain::EMPTY,
        }
    }

    /// Whether the next request may be handled.
    #[inline]
    pub(crate) fn takes_requests(&self) -> bool {
        self.is_served() && !self.is_held()
    }

    /// Whether the service still has it, and will after the handler that runs.
    #[inline]
    pub(crate) fn is_served(&self) -> bool {
        self.phase == Phase::Open && self.ending.is_none()
    }

    /// Whether nothing is read from it for now.
    #[inline]
    pub(crate) fn is_held(&self) -> bool {
        self.paused | self.awaits_answer | self.throttled
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
    fn other_text_is_no_id() {
        for text in
            ["", "1.2", "1.2.3.4", "1.2.x", "1024.0.0", "0.4194304.0", "0.0.4294967296", "+1.0.0", " 1.2.3"]
        {
            assert_eq!(text.parse::<ConnId>(), Err(ConnIdError(text.to_owned())));
        }
    }
}
