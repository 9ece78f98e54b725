//! What is sent, and what was kept until there was room for it.

use mario_proto::Overflow;

use super::{Connection, Exchange, Turn};
use crate::net::Stream;
use crate::reason::Reason;
use crate::service::Service;

impl<S: Service> Exchange<S> {
    /// Flushes what the turn has sent, and ends the connection if there is a reason.
    #[inline]
    pub(super) fn conclude<T: Stream>(&mut self, connection: &mut Connection<S, T>, reason: Option<Reason>) {
        let Connection { stream, link, .. } = connection;
        let flushed = self.outbox.flush(stream, link);
        if let Some(reason) = reason.or(link.ending()).or(flushed.err()) {
            self.end(connection, reason);
        }
        if flushed.is_err() {
            self.abandon(connection);
        }
    }

    /// Asks the peer whether it is there.
    #[cold]
    pub(crate) fn ping<T: Stream>(&mut self, connection: &mut Connection<S, T>, command: u16) {
        // What can go wrong here, its link knows.
        let _ = self.outbox.push_bytes(&mut connection.link, command, &[]);
        self.conclude(connection, None);
    }

    /// The socket takes bytes again.
    pub(super) fn writable<T: Stream>(&mut self, connection: &mut Connection<S, T>, turn: &mut Turn) {
        let Connection { stream, link, .. } = connection;
        let drained = self.outbox.drain(stream, link);
        match drained.and_then(|drained| self.release(connection).map(|()| drained)) {
            Ok(drained) => {
                turn.drained = drained;
                connection.finish();
            }
            Err(reason) => self.end(connection, reason),
        }
    }

    /// Delivers what was kept for a connection, if that has come down to the low-water mark.
    #[inline]
    fn release<T: Stream>(&mut self, connection: &mut Connection<S, T>) -> Result<(), Reason> {
        let Connection { stream, link, .. } = connection;
        while let Some(message) = self.outbox.next_kept(link) {
            match self.outbox.deliver(stream, link, &message, Overflow::Close) {
                Ok(_) => self.counters.pushes.sent.add(1),
                Err(reason) => {
                    self.counters.pushes.gone.add(1);
                    return Err(reason);
                }
            }
        }
        Ok(())
    }
}
