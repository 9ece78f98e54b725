//! The worker's out buffer: replies are encoded here, and leave with one write.

mod kept;

use std::collections::TryReserveError;
use std::io::{self, IoSlice};
use std::sync::Arc;

use mario_proto::{Encode, EncodeError, Encoder, HEADER_LEN, Header, Overflow, Payload};
use thiserror::Error;

use crate::extent::Extent;
use crate::link::Link;
use crate::link::message::Message;
use crate::net::{Stream, uninterrupted};
use crate::parts::buffers::{Full, Segments};
use crate::reason::{Close, Reason};
use crate::stats::{Counters, PoolMetrics, Shortage};
pub(crate) use kept::Keeping;
use kept::{Fate, Kept};

/// The longest frame that can be sent: its length is 16 bits.
const MAX_FRAME: usize = u16::MAX as usize;

/// From this length on the buffer is flushed, so that the next frame finds room.
const FLUSH_AT: usize = 16 * 1024;

/// How many segments one write takes.
const SLICES: usize = 32;

/// Frames of the connection whose turn it is, and the pool in which unsent output of all others waits.
pub(crate) struct Outbox {
    bytes: Box<[u8; Outbox::CAPACITY]>,
    len: usize,
    /// The queue of the connection whose turn it is was begun though its socket may take more: no event will tell.
    spilled: bool,
    stx: u32,
    marks: Marks,
    segments: Segments,
    /// What was sent since it was last asked for.
    sent: Sent,
    kept: Kept,
    counters: Arc<Counters>,
}

/// How much was sent: frames, how many of them were no replies, and bytes that sockets took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sent {
    pub(crate) frames: u64,
    pub(crate) unasked: u64,
    pub(crate) bytes: u64,
}

/// How many bytes may wait for one connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    /// At this the connection takes requests again.
    pub(crate) low_water: usize,
    /// Above this it takes no more requests.
    pub(crate) high_water: usize,
    /// Above this it is closed.
    pub(crate) limit: usize,
}

impl Outbox {
    /// What one turn can add to what waits for a connection, before it is flushed.
    pub(crate) const CAPACITY: usize = FLUSH_AT + MAX_FRAME;

    /// An empty buffer for so many slots, and a pool of `pool` bytes; an error if so much memory can't be had.
    pub(crate) fn new(
        stx: u32,
        marks: Marks,
        pool: usize,
        (keeping, slots): (Keeping, usize),
        counters: Arc<Counters>,
    ) -> Result<Self, TryReserveError> {
        // On the heap from the start, and of a length that the compiler knows: pushing checks no bounds.
        let Ok(bytes) = vec![0; Self::CAPACITY].into_boxed_slice().try_into() else { unreachable!() };
        let (segments, kept) = (Segments::new(pool)?, Kept::new(keeping, slots)?);
        let sent = Sent::default();
        Ok(Outbox { bytes, len: 0, spilled: false, stx, marks, segments, sent, kept, counters })
    }

    /// What a pool of `pool` bytes takes.
    pub(crate) fn pool_bytes(pool: usize) -> usize {
        Segments::bytes(pool)
    }

    /// What messages take that are kept for so many slots.
    pub(crate) fn kept(keeping: Keeping, slots: usize) -> Extent {
        Extent::fixed(Kept::places_bytes(slots)) + Extent::later(keeping.bytes)
    }

    /// Whether to flush before the next request: there is little room, or so much waits that the connection may be
    /// about to pause.
    #[inline]
    pub(crate) fn wants_flush(&self, link: &Link) -> bool {
        self.len >= FLUSH_AT || !link.output.is_empty()
    }

    /// Encodes a frame behind the others; where there is no room, they make it by going to the connection's queue.
    #[inline]
    pub(crate) fn push<P: Encode>(
        &mut self,
        link: &mut Link,
        command: u16,
        packet: &P,
    ) -> Result<(), SendError> {
        let mut payload = self.begin(link)?;
        packet.encode(&mut payload)?;
        let payload = payload.written();
        self.end(command, payload);
        Ok(())
    }

    /// The room for the payload of one more frame, which [`end`](Self::end) makes one.
    ///
    /// By itself, as is that: what is not of one packet alone, a service of a thousand commands compiles once.
    pub(crate) fn begin(&mut self, link: &mut Link) -> Result<Encoder<'_>, NotBegun> {
        if !link.takes_output() {
            return Err(NotBegun::Closed);
        }
        if self.len >= FLUSH_AT {
            self.spill(link)?;
        }
        let room = self.bytes.get_mut(self.len + HEADER_LEN..self.len + MAX_FRAME);
        Ok(Encoder::new(room.unwrap_or_default()))
    }

    /// Puts the header before a payload of so many bytes, which was written where [`begin`](Self::begin) says.
    pub(crate) fn end(&mut self, command: u16, payload: usize) {
        let whole = HEADER_LEN + payload;
        let header = Header { stx: self.stx, len: whole as u16, cmd: command };
        if let Some(room) = self.bytes.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut) {
            *room = header.to_bytes();
        }
        self.len += whole;
        self.sent.frames += 1;
    }

    /// The same for a payload that is bytes already.
    pub(crate) fn push_bytes(
        &mut self,
        link: &mut Link,
        command: u16,
        payload: &[u8],
    ) -> Result<(), SendError> {
        self.push(link, command, &Payload(payload))?;
        self.was_unasked();
        Ok(())
    }

    /// The token of all frames.
    pub(crate) fn stx(&self) -> u32 {
        self.stx
    }

    /// The frames, which leave with this.
    #[inline]
    pub(crate) fn take(&mut self) -> &[u8] {
        &self.bytes[..std::mem::take(&mut self.len)]
    }

    /// Writes the frames with one call, and queues what the socket does not take.
    ///
    /// # Errors
    /// The reason for which the connection ends; its frames are dropped.
    #[inline]
    pub(crate) fn flush<T: Stream>(&mut self, stream: &mut T, link: &mut Link) -> Result<(), Reason> {
        if self.len == 0 && !self.spilled {
            return Ok(());
        }
        let written = match offer(stream, link, &self.bytes[..self.len]) {
            Ok(written) => {
                self.sent.bytes += written as u64;
                written
            }
            Err(reason) => {
                self.len = 0;
                return Err(reason);
            }
        };
        if written == self.len && !self.spilled {
            self.len = 0;
            return Ok(());
        }
        let spilled = std::mem::take(&mut self.spilled);
        self.queue(link, written).map_err(|Full| Reason::Overflow)?;
        if spilled { self.drain(stream, link).map(drop) } else { Ok(()) }
    }

    /// Writes a message, and queues what the socket does not take; for a peer that reads too slowly it does as
    /// `overflow` says. The buffer must be empty.
    ///
    /// # Errors
    /// The reason for which the connection ends.
    pub(crate) fn deliver<T: Stream>(
        &mut self,
        stream: &mut T,
        link: &mut Link,
        message: &Message,
        overflow: Overflow,
    ) -> Result<Delivered, Reason> {
        debug_assert_eq!(self.len, 0, "what was sent before must leave before");
        let frame = &message.encoded().frame;
        match overflow {
            Overflow::DropNewest if link.is_paused() => return Ok(Delivered::Dropped),
            Overflow::KeepLatest if link.is_paused() => {
                return Ok(match self.kept.keep(link.id.key().index, message) {
                    Fate::Kept => Delivered::Kept,
                    Fate::Replaced => Delivered::Dropped,
                    Fate::Dropped => {
                        self.counters.shortages.count(Shortage::KeptPushes);
                        Delivered::Dropped
                    }
                });
            }
            _ => {}
        }
        let written = offer(stream, link, frame)?;
        self.sent.bytes += written as u64;
        if written == frame.len() {
            self.count_message();
            return Ok(Delivered::Sent);
        }
        let Err(shortage) = append(&mut self.segments, self.marks, link, &frame[written..]) else {
            self.count_message();
            return Ok(Delivered::Sent);
        };
        self.counters.shortages.count(shortage);
        match overflow {
            // Others have used up the pool; of this one the peer has seen nothing.
            Overflow::DropNewest if written == 0 => Ok(Delivered::Dropped),
            _ => Err(Reason::Overflow),
        }
    }

    /// The next message that was kept for a connection, if that has come down to the low-water mark.
    #[inline]
    pub(crate) fn next_kept(&mut self, link: &Link) -> Option<Message> {
        if link.is_paused() { None } else { self.kept.pop(link.id.key().index) }
    }

    /// Drops what was kept for a connection; the answer is how many messages that were.
    #[inline]
    pub(crate) fn forget(&mut self, link: &Link) -> u64 {
        std::iter::from_fn(|| self.kept.pop(link.id.key().index)).map(|_| 1).sum()
    }

    /// Writes what is queued, as far as the socket takes it; whether that was a segment at least, or all. A peer that
    /// takes less in a whole timeout takes as good as nothing.
    ///
    /// # Errors
    /// The reason for which the connection ends.
    pub(crate) fn drain<T: Stream>(&mut self, stream: &mut T, link: &mut Link) -> Result<bool, Reason> {
        let mut has_freed = false;
        while !link.output.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let count = self.segments.gather(&link.output, &mut slices);
            let offered: usize = slices[..count].iter().map(|slice| slice.len()).sum();
            match uninterrupted(|| stream.write_vectored(&slices[..count])) {
                Ok(n) => {
                    has_freed |= self.segments.consume(&mut link.output, n);
                    self.sent.bytes += n as u64;
                    if n < offered {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(Reason::Error(error.kind())),
            }
        }
        if link.output.len() <= self.marks.low_water {
            link.set_paused(false);
        }
        Ok(has_freed)
    }

    /// The last frame that was pushed is no reply. Of the two kinds this one is counted, as replies are far more.
    #[inline]
    pub(crate) fn was_unasked(&mut self) {
        self.sent.unasked += 1;
    }

    /// The last message that was delivered is a reply.
    pub(crate) fn was_a_reply(&mut self) {
        self.sent.unasked -= 1;
    }

    /// What was sent since the last call.
    #[inline]
    pub(crate) fn take_sent(&mut self) -> Sent {
        std::mem::take(&mut self.sent)
    }

    /// How full the pool is.
    #[inline]
    pub(crate) fn pool(&self) -> PoolMetrics {
        self.segments.metrics()
    }

    /// Drops what waits for a connection.
    pub(crate) fn discard(&mut self, link: &mut Link) {
        self.segments.clear(&mut link.output);
    }

    /// Whether the connections have so many of the pool's segments, and no turn has left frames behind.
    ///
    /// # Errors
    /// If not.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn audit(&self, chained: usize) -> Result<(), String> {
        if self.len > 0 {
            return Err(format!("{} bytes of one connection wait for the next one's turn", self.len));
        }
        self.segments.audit(chained).map_err(|fault| format!("output: {fault}"))
    }

    fn count_message(&mut self) {
        self.sent.frames += 1;
        self.sent.unasked += 1;
    }

    /// Makes the buffer empty.
    #[cold]
    fn spill(&mut self, link: &mut Link) -> Result<(), NotBegun> {
        self.spilled |= link.output.is_empty();
        self.queue(link, 0).map_err(|Full| {
            link.overflow();
            NotBegun::Overflow
        })
    }

    /// Moves the frames, but for the first `written` bytes, to the queue of their connection.
    #[cold]
    fn queue(&mut self, link: &mut Link, written: usize) -> Result<(), Full> {
        let unsent = &self.bytes[written..std::mem::take(&mut self.len)];
        append(&mut self.segments, self.marks, link, unsent).map_err(|shortage| {
            self.counters.shortages.count(shortage);
            Full
        })
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivered {
    /// It is on its way, or waits in the connection's queue.
    Sent,
    /// It waits aside.
    Kept,
    /// One was dropped: this, or one that waited for so long that this takes its place.
    Dropped,
}

/// Writes bytes with one call, unless others wait before them; the answer is how many the socket took.
#[inline]
fn offer<T: Stream>(stream: &mut T, link: &Link, bytes: &[u8]) -> Result<usize, Reason> {
    if !link.output.is_empty() {
        return Ok(0);
    }
    match uninterrupted(|| stream.write(bytes)) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        result => result.map_err(|error| Reason::Error(error.kind())),
    }
}

/// Queues bytes of a connection, if so many may wait.
#[cold]
fn append(segments: &mut Segments, marks: Marks, link: &mut Link, unsent: &[u8]) -> Result<(), Shortage> {
    if link.output.len() + unsent.len() > marks.limit {
        return Err(Shortage::OutputLimit);
    }
    segments.append(&mut link.output, unsent).map_err(|Full| Shortage::OutputPool)?;
    if link.output.len() > marks.high_water {
        link.set_paused(true);
    }
    Ok(())
}

/// Why no frame was begun.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NotBegun {
    /// The connection has ended, or is about to.
    Closed,
    /// More waits for this peer than the server allows.
    Overflow,
}

impl From<NotBegun> for SendError {
    #[inline]
    fn from(reason: NotBegun) -> Self {
        match reason {
            NotBegun::Closed => SendError::Closed,
            NotBegun::Overflow => SendError::Overflow,
        }
    }
}

/// Why a packet was not sent.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// The connection has ended, or is about to.
    #[error("the connection is closed")]
    Closed,
    /// There is no request to reply to.
    #[error("a hook has no request to reply to: send the packet under the id of its command")]
    NoRequest,
    /// The command's id is one of the connection's own events.
    #[error("the command id {0:#06x} is reserved: take one below 0xfffc")]
    Reserved(u16),
    /// The packet can't be put on the wire.
    #[error("the packet can't be encoded: {0}")]
    Encode(#[from] EncodeError),
    /// More waits for this peer than the server allows; the connection is closed.
    #[error("the peer reads too slowly, and its output is full: the connection is closed")]
    Overflow,
}

impl From<SendError> for Close {
    fn from(_: SendError) -> Self {
        Close
    }
}

#[cfg(test)]
mod tests;
