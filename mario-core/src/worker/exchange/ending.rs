//! The end of a connection: flushed, and heard out until its peer has seen it.

use super::{Connection, Exchange, Turn};
use crate::link::{Link, Phase};
use crate::net::Stream;
use crate::panics::caught;
use crate::parts::name::Name;
use crate::reason::Reason;
use crate::service::Service;

impl<S: Service> Exchange<S> {
    /// Ends a connection whose time has come. What its peer has asked for until now is answered, and the peer is heard out
    /// until it has seen the end: it may well be asking, and closing on that would reset the connection.
    #[cold]
    pub(crate) fn part<T: Stream>(&mut self, connection: &mut Connection<S, T>) -> Turn {
        let mut turn = Turn::default();
        if connection.link.phase() == Phase::Open {
            self.forgive(connection);
            connection.link.reach = Link::FURTHEST;
            self.readable(connection, &mut turn);
            self.forgive(connection);
            connection.unread = true;
        }
        self.end(connection, Reason::ShutDown);
        turn
    }

    /// Ends a connection whose user has come by another one; not if it is another's meanwhile, or was bound anew.
    pub(crate) fn kick<T: Stream>(&mut self, connection: &mut Connection<S, T>, user: Name) {
        if self.desk.locals.is_replaced(connection.link.id, user) {
            self.end(connection, Reason::Kicked);
        }
    }

    /// Ends the service of a connection, unless that has happened. What was sent is still flushed, unless the reason
    /// says that nobody reads it.
    #[cold]
    pub(crate) fn end<T: Stream>(&mut self, connection: &mut Connection<S, T>, reason: Reason) {
        match connection.link.phase() {
            Phase::Greeting => return self.dismiss(connection, reason),
            Phase::Open => self.let_loose(connection, reason),
            Phase::Flushing | Phase::Lingering | Phase::Gone => {}
        }
        let Connection { stream, link, session, .. } = connection;
        if link.phase() == Phase::Open {
            link.enter(Phase::Flushing);
            stream.ended(reason);
            self.closing += 1;
            self.counters.ends(reason);
            log::debug!("connection {} from {} ends: {reason}", link.id, link.peer);
            self.inbox.discard(&mut link.input);
            self.counters.pushes.gone.add(self.outbox.forget(link));
            self.desk.locals.timers.clear(link.id.key().index);
            self.mail.closed(link.id.key().index);
            let (desk, outbox) = (&mut self.desk, &mut self.outbox);
            if let Err(panic) = caught(|| desk.disconnected(link, session, outbox, reason)) {
                self.panicked(link, "the disconnected hook", &panic);
            }
            let locals = &mut self.desk.locals;
            locals.groups.leave_all(link.id.key().index);
            locals.unbind(link.id);
        }
        match reason {
            Reason::Error(_) | Reason::Overflow => self.abandon(connection),
            _ => connection.finish(),
        }
    }

    /// Waits no more for the peer of a connection that has ended.
    pub(crate) fn abandon<T>(&mut self, connection: &mut Connection<S, T>) {
        self.outbox.discard(&mut connection.link);
        connection.link.enter(Phase::Gone);
    }
}
