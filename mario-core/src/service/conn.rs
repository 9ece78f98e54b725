//! What a handler sees of its connection.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use mario_proto::{Encoder, Packet};

use crate::link::outbox::{Outbox, SendError};
use crate::link::{ConnId, Link};
use crate::mail::Asked;
use crate::mail::connections::Connections;
use crate::mail::users::{BindError, Others};
use crate::parts::groups::JoinError;
use crate::parts::name::Name;
use crate::service::Service;
use crate::service::locals::Locals;
use crate::service::reply::{Owed, Reply};
use crate::service::timers::{Timer, TimerError};

/// A connection, as its handlers and hooks see it.
///
/// It is lent for one call: what is to last belongs into the [`session`](Conn::session).
pub struct Conn<'a, S: Service> {
    pub(crate) service: &'a S,
    pub(crate) locals: &'a mut Locals<S>,
    pub(crate) session: &'a mut S::Session,
    pub(crate) link: &'a mut Link,
    pub(crate) outbox: &'a mut Outbox,
    /// The command that is being handled; a hook has none.
    pub(crate) request: Option<u16>,
}

impl<'a, S: Service> Conn<'a, S> {
    /// The service, shared by all workers.
    pub fn service(&self) -> &'a S {
        self.service
    }

    /// What this connection keeps.
    pub fn session(&mut self) -> &mut S::Session {
        self.session
    }

    /// What the worker of this connection keeps.
    pub fn worker(&mut self) -> &mut S::Worker {
        &mut self.locals.state
    }

    /// The address of the peer.
    pub fn peer_addr(&self) -> SocketAddr {
        self.link.peer.addr()
    }

    /// The connection's id: never the same for two connections of one run of the server.
    pub fn id(&self) -> ConnId {
        self.link.id
    }

    /// A way to all connections of the server, which may be kept and given to other threads.
    pub fn connections(&self) -> Connections {
        self.locals.connections.clone()
    }

    /// Says whose connection this is, so that it can be reached by its user: with
    /// [`Connections::push_to_user`], for as long as it lasts. `others` says what becomes of the user's other
    /// connections; which these are is the answer. A connection has one user at a time.
    ///
    /// ```
    /// # use mario::{BindError, Close, Conn, Packet, Service};
    /// # use mario::Others;
    /// # struct Gateway;
    /// # impl Service for Gateway { type Session = (); type Worker = (); }
    /// # #[derive(Packet)]
    /// # struct LogIn { uid: u64 }
    /// #[mario::command(0x6101)]
    /// fn log_in(conn: &mut Conn<'_, Gateway>, request: LogIn) -> Result<(), Close> {
    ///     conn.bind(request.uid, Others::Kick)?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`BindError`]; the connection is then whose it was before.
    pub fn bind(&mut self, user: impl Into<Name>, others: Others) -> Result<Vec<ConnId>, BindError> {
        if !self.link.is_served() {
            return Err(BindError::Closed);
        }
        self.locals.bind(self.link.id, user.into(), others)
    }

    /// Says that this connection is nobody's; the answer is whose it was.
    pub fn unbind(&mut self) -> Option<Name> {
        self.locals.unbind(self.link.id)
    }

    /// Says that the peer has passed whatever the service asks of it, so that the
    /// [login timeout](crate::Builder::login_timeout) does not end it. It lasts as long as the connection.
    pub fn admit(&mut self) {
        self.link.is_admitted = true;
    }

    /// Whether the service has [admitted](Conn::admit) it: a guard for commands that need a login.
    ///
    /// ```
    /// # use mario::{Conn, Packet, Service};
    /// # struct Gateway;
    /// # impl Service for Gateway { type Session = (); type Worker = (); }
    /// # #[derive(Packet)]
    /// # struct LogIn { uid: u64 }
    /// #[mario::command(0x6101)]
    /// fn log_in(conn: &mut Conn<'_, Gateway>, _request: LogIn) {
    ///     conn.admit();
    /// }
    ///
    /// #[mario::command(0x6102, guard = Conn::is_admitted)]
    /// fn log_out(conn: &mut Conn<'_, Gateway>) {
    ///     conn.close();
    /// }
    /// ```
    pub fn is_admitted(&self) -> bool {
        self.link.is_admitted
    }

    /// Whose connection this is, if anybody's.
    pub fn user(&self) -> Option<Name> {
        self.locals.bound.get(self.link.id.key())
    }

    /// Adds this connection to a group, unless it is in it. It leaves by itself when it ends.
    ///
    /// # Errors
    /// [`JoinError`]: there is no room, or the connection has ended.
    pub fn join(&mut self, group: impl Into<Name>) -> Result<(), JoinError> {
        if !self.link.is_served() {
            return Err(JoinError::Closed);
        }
        self.locals.join(self.link.id.key(), group.into())
    }

    /// Takes this connection out of a group; whether it was in it.
    pub fn leave(&mut self, group: impl Into<Name>) -> bool {
        self.locals.groups.leave(self.link.id.key(), group.into())
    }

    /// Whether this connection is in a group.
    pub fn is_in(&mut self, group: impl Into<Name>) -> bool {
        self.locals.groups.contains(self.link.id.key(), group.into())
    }

    /// Owes an answer to the request that is being handled; `None` if the worker owes as many as it may.
    #[inline]
    pub(crate) fn owe<P>(&mut self, correlation: Option<u64>) -> Option<Reply<P>> {
        let command = self.request?;
        self.locals.answers_left = self.locals.answers_left.checked_sub(1)?;
        let connections = self.locals.connections.clone();
        let request = Asked { command, correlation };
        if request.is_in_order() {
            self.link.set_awaits_answer(true);
        }
        Some(Reply::new(self.link.id, Owed { connections, request }))
    }

    /// Sends `packet` as a reply to the request that is being handled, as returning it does; a handler may reply
    /// any number of times.
    ///
    /// # Errors
    /// [`SendError`]; in a hook there is no request to reply to.
    #[inline]
    pub fn reply<P: Packet>(&mut self, packet: &P) -> Result<(), SendError> {
        let request = self.request.ok_or(SendError::NoRequest)?;
        self.outbox.push(self.link, request, packet)
    }

    /// The room for the payload of a reply, which [`end_reply`](Self::end_reply) sends; `None` if there is none, of
    /// which the connection knows.
    pub(crate) fn begin_reply(&mut self) -> Option<Encoder<'_>> {
        self.request?;
        self.outbox.begin(self.link).ok()
    }

    /// Sends a reply of which the payload has been written, so many bytes of it.
    pub(crate) fn end_reply(&mut self, payload: usize) {
        if let Some(request) = self.request {
            self.outbox.end(request, payload);
        }
    }

    /// Sends `packet` under the id of any command.
    ///
    /// It leaves with the replies of this turn, after all that was sent before it. As a reply, it is never dropped: the
    /// packet's [`Overflow`](crate::Overflow) counts where it is pushed.
    ///
    /// # Errors
    /// [`SendError`]; the connection is then closed where the error says so.
    #[inline]
    pub fn send<P: Packet>(&mut self, command: u16, packet: &P) -> Result<(), SendError> {
        if mario_proto::is_reserved(command) {
            return Err(SendError::Reserved(command));
        }
        self.outbox.push(self.link, command, packet)?;
        self.outbox.was_unasked();
        Ok(())
    }

    /// Calls `call` for this connection after `delay`, on its worker, as a handler is called; not if it has ended by
    /// then. A timer comes late by as long as its worker is busy, and never early; its resolution is a millisecond.
    ///
    /// A worker has as many timers as [`Builder::timers`](crate::Builder::timers) says, laid out at the start. What the
    /// call needs to know belongs into the [`session`](Conn::session).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use mario::{Conn, Packet, Service};
    /// # struct Game;
    /// # impl Service for Game { type Session = (); type Worker = (); }
    /// # #[derive(Packet)]
    /// # struct YourTurn;
    /// #[mario::command(0x0301)]
    /// fn join(conn: &mut Conn<'_, Game>) -> Result<(), mario::Close> {
    ///     conn.after(Duration::from_secs(3), |conn| {
    ///         // If it can't be sent, the connection ends, and `disconnected` will tell.
    ///         let _ = conn.send(0x0302, &YourTurn);
    ///     })?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`TimerError`]: all timers are taken, or the connection has ended.
    pub fn after(&mut self, delay: Duration, call: fn(&mut Conn<'_, S>)) -> Result<Timer, TimerError> {
        if !self.link.is_served() {
            return Err(TimerError::Closed);
        }
        let timer = self.locals.timers.for_conn(self.link.id.key(), delay, call);
        self.locals.counted(timer)
    }

    /// Forgets a timer of this connection; whether it was still to come.
    pub fn cancel(&mut self, timer: Timer) -> bool {
        self.locals.timers.cancel_for_conn(self.link.id.key(), timer)
    }

    /// Closes the connection when the handler has returned. What was sent, the handler's own reply included, is
    /// flushed first; requests that the peer has already sent are not handled any more.
    pub fn close(&mut self) {
        self.link.close();
    }
}

impl<S: Service> fmt::Debug for Conn<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conn")
            .field("id", &self.id())
            .field("peer_addr", &self.peer_addr())
            .finish_non_exhaustive()
    }
}

/// What the first argument of a handler is; finds its service behind an alias too.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the first argument of a command is `&mut Conn<'_, YourService>`, not `&mut {Self}`",
    label = "not a connection"
)]
pub trait AnyConn {
    type Service: Service;
}

impl<S: Service> AnyConn for Conn<'_, S> {
    type Service = S;
}
