//! The turn that an event gives: flush, read, and serve what came.

use std::io;

use super::{Connection, Exchange};
use crate::link::{Link, Phase};
use crate::net::{Ready, Stream, uninterrupted};
use crate::parts::buffers::SEGMENT;
use crate::reason::Reason;
use crate::service::Service;

/// What one read takes at most: the largest frame, and a good number of usual ones. It is also a turn's budget.
pub(super) const READ_BUFFER: usize = 64 * 1024;

/// What one read of a connection takes of which nothing is known yet. What is read and can't be handled finds room in the
/// connection's share of the input pool.
pub(super) const FIRST_READ: usize = SEGMENT;
const _: () = assert!(FIRST_READ << Link::FURTHEST == READ_BUFFER);

/// What a turn did that its connection's deadlines depend on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Turn {
    /// Bytes were read, or are read again after a pause.
    pub(crate) received: bool,
    /// The socket took a good part of what had waited, or all.
    pub(crate) drained: bool,
    /// The budget is used up, and there may be more to read.
    pub(crate) again: bool,
}

impl<S: Service> Exchange<S> {
    /// The turn that an event gives.
    #[inline]
    pub(crate) fn turn<T: Stream>(&mut self, connection: &mut Connection<S, T>, ready: Ready) -> Turn {
        let mut turn = Turn::default();
        connection.finished |= ready.read_closed;
        let resumed = ready.writable && !connection.link.output.is_empty() && {
            // Should this flush the last of a connection that has ended, it is not to be closed on what it has sent.
            connection.unread |= ready.readable;
            let paused = connection.link.is_paused();
            self.writable(connection, &mut turn);
            paused && !connection.link.is_paused()
        };
        if resumed {
            turn.received = true;
            self.receive(connection, 0);
        }
        if ready.readable {
            self.readable(connection, &mut turn);
        } else if resumed {
            self.read_on(connection, &mut turn);
        }
        turn
    }

    /// Reads what came while the connection was held, if anything did: no other event will tell of it.
    pub(super) fn read_on<T: Stream>(&mut self, connection: &mut Connection<S, T>, turn: &mut Turn) {
        if connection.unread {
            self.readable(connection, turn);
        }
    }

    /// Reads once; twice if after a short read there is still the end of the stream to be read.
    #[inline]
    pub(super) fn readable<T: Stream>(&mut self, connection: &mut Connection<S, T>, turn: &mut Turn) {
        loop {
            let Connection { stream, link, .. } = connection;
            if link.is_held() || matches!(link.phase(), Phase::Flushing | Phase::Gone) {
                connection.unread = true;
                return;
            }
            let mut room = FIRST_READ << link.reach;
            if link.reach > 0 {
                room = room.min(self.inbox.room());
            }
            if let Some(throttle) = &mut self.throttle
                && link.phase() == Phase::Open
            {
                room = room.min(throttle.room(link.id.key().index, self.desk.locals.timers.now()));
            }
            match uninterrupted(|| stream.read(&mut self.read_buffer[..room])) {
                Ok(0) => return self.closed(connection),
                Ok(count) => {
                    turn.received = true;
                    connection.unread = count == room;
                    match connection.link.phase() {
                        Phase::Open => self.receive(connection, count),
                        Phase::Greeting => {
                            self.greet(connection, count);
                            // A byte at a time does not make the wait for the header longer.
                            turn.received = connection.link.phase() != Phase::Greeting;
                        }
                        _ => {}
                    }
                    if connection.unread {
                        connection.link.reach_further();
                    }
                    turn.again = connection.unread && !connection.link.is_throttled();
                    if turn.again || !connection.finished {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    connection.unread = false;
                    return;
                }
                Err(error) => return self.end(connection, Reason::Error(error.kind())),
            }
        }
    }

    /// The peer has closed its side.
    fn closed<T: Stream>(&mut self, connection: &mut Connection<S, T>) {
        connection.unread = false;
        match connection.link.phase() {
            Phase::Lingering => connection.link.enter(Phase::Gone),
            _ => self.end(connection, Reason::Closed),
        }
    }
}
