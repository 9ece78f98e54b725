//! What was read: frame after frame, to the commands.

use super::throttle::Throttle;
use super::{Connection, Exchange};
use crate::net::Stream;
use crate::panics::caught;
use crate::reason::Reason;
use crate::service::Service;

impl<S: Service> Exchange<S> {
    /// Handles what the connection had waiting and the first `count` bytes of the read buffer.
    #[inline]
    pub(super) fn receive<T: Stream>(&mut self, connection: &mut Connection<S, T>, count: usize) {
        let slot = connection.link.id.key().index;
        let now = self.desk.locals.timers.now();
        let allowed = self.throttle.as_mut().map_or(u64::MAX, |throttle| throttle.frames(slot, now));
        let mut left = allowed;
        let reason = match caught(|| self.serve(connection, count, &mut left)) {
            Ok(reason) => reason,
            Err(panic) => {
                let command = self.desk.routes.panicked();
                Some(self.panicked(&connection.link, &command, &panic))
            }
        };
        let frames = allowed - left;
        connection.link.has_handled |= frames > 0;
        self.counters.received(count, frames);
        self.conclude(connection, reason);
        if self.throttle.is_some() {
            self.hold_back(connection, frames, count);
        }
    }

    /// Handles frame after frame, until there is no whole one, the connection takes no more, or none is allowed any more;
    /// each is taken from those that are `allowed`.
    #[inline]
    fn serve<T: Stream>(
        &mut self,
        connection: &mut Connection<S, T>,
        count: usize,
        allowed: &mut u64,
    ) -> Option<Reason> {
        let Exchange { read_buffer, inbox, outbox, desk, throttle, .. } = self;
        let Connection { stream, link, session, .. } = connection;
        let (mut conn, routes) = desk.attend(link, session, outbox);
        let mut fresh = &read_buffer[..count];
        while *allowed > 0 && conn.link.takes_requests() {
            let mut fault = None;
            let Some(frame) = inbox.next(&mut conn.link.input, &mut fresh, &mut fault) else {
                match fault {
                    None => break,
                    fault => return fault,
                }
            };
            *allowed -= 1;
            let reason = routes.handle(&mut conn, frame);
            if reason.is_some() {
                return reason;
            }
            if conn.outbox.wants_flush(conn.link)
                && let Err(reason) = conn.outbox.flush(stream, conn.link)
            {
                return Some(reason);
            }
        }
        if *allowed == 0 && link.takes_requests() && throttle.as_ref().is_some_and(Throttle::ends_for_frames)
        {
            let mut fault = None;
            let is_too_fast = inbox.next(&mut link.input, &mut fresh, &mut fault).is_some();
            if let Some(reason) = if is_too_fast { Some(Reason::TooFast) } else { fault } {
                return Some(reason);
            }
        }
        if fresh.is_empty() || link.ending().is_some() {
            return None;
        }
        if link.is_held() {
            link.reach = 0;
        }
        inbox.keep(&mut link.input, fresh).err()
    }
}
