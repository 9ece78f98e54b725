//! What a connection's slot holds.

use crate::link::{Link, Phase};
use crate::net::Stream;
use crate::service::Service;

/// A connection in its slot.
pub(crate) struct Connection<S: Service, T> {
    pub(super) stream: T,
    pub(super) session: S::Session,
    pub(crate) link: Link,
    /// The peer is known to have sent more than was read: closing now would reset the connection.
    pub(super) unread: bool,
    /// The peer sends no more, an event has told: even after a short read there is something to read, the end.
    pub(super) finished: bool,
}

impl<S: Service, T> Connection<S, T> {
    pub(crate) fn new(stream: T, link: Link, session: S::Session) -> Self {
        Connection { stream, session, link, unread: false, finished: false }
    }

    pub(crate) fn stream(&mut self) -> &mut T {
        &mut self.stream
    }

    /// The peer is known to have sent more than was read.
    pub(crate) fn has_unread(&self) -> bool {
        self.unread
    }

    pub(crate) fn session(&mut self) -> &mut S::Session {
        &mut self.session
    }
}

impl<S: Service, T: Stream> Connection<S, T> {
    /// Closes the connection if it has ended and all is flushed.
    pub(super) fn finish(&mut self) {
        let Connection { stream, link, unread, .. } = self;
        if link.phase() == Phase::Flushing && link.output.is_empty() {
            let lingers = *unread && stream.shutdown_write().is_ok();
            link.enter(if lingers { Phase::Lingering } else { Phase::Gone });
        }
    }
}
