//! Answers that come later, from any thread.

use std::fmt;
use std::marker::PhantomData;

use mario_proto::Packet;

use crate::link::ConnId;
use crate::link::outbox::SendError;
use crate::mail::call::Call;
use crate::mail::connections::{Connections, PushError};
use crate::mail::{Answer, Asked};
use crate::reason::Close;
use crate::service::Service;
use crate::service::call::CallFor;
use crate::service::conn::Conn;
use crate::service::dispatch::command;

/// The answer that a request is still owed: the last argument of a command whose handler does not answer itself.
///
/// It may go to any thread, and is used up by its one answer. Dropped without one, it leaves the decision to the
/// service: [`Service::unanswered`](crate::Service::unanswered), which closes the connection by default.
///
/// Answers leave in the order of the requests: until this one has come, the connection's next requests wait. If the
/// request has a correlation field, they don't: each answer leaves when it comes, and carries that number. What the
/// thread that answers has [pushed](Connections::push) to the connection before arrives before.
///
/// ```
/// use std::thread;
///
/// use mario::{Conn, Packet, Reply, Service};
///
/// struct Archive;
///
/// impl Service for Archive {
///     type Session = ();
///     type Worker = ();
/// }
///
/// #[derive(Packet)]
/// struct Find<'a> {
///     title: &'a str,
/// }
///
/// #[derive(Packet)]
/// struct Found {
///     text: String,
/// }
///
/// #[mario::command(0x0401)]
/// fn find(_conn: &mut Conn<'_, Archive>, request: Find<'_>, reply: Reply<Found>) {
///     let title = request.title.to_owned(); // what is borrowed can't go along
///     thread::spawn(move || {
///         let text = format!("what takes long to find of {title}");
///         if let Err(error) = reply.send(Found { text }) {
///             eprintln!("{error}");
///         }
///     });
/// }
/// ```
///
/// It can't be used twice:
///
/// ```compile_fail
/// # #[derive(mario::Packet)] struct Found;
/// fn answer(reply: mario::Reply<Found>) {
///     reply.send(Found);
///     reply.send(Found);
/// }
/// ```
///
/// And what is borrowed from the request can't outlive it:
///
/// ```compile_fail
/// # use mario::{Conn, Payload, Reply, Service};
/// # struct Archive;
/// # impl Service for Archive { type Session = (); type Worker = (); }
/// #[mario::command(0x0401)]
/// fn find(_conn: &mut Conn<'_, Archive>, request: Payload<'_>, reply: Reply<Payload<'static>>) {
///     std::thread::spawn(move || drop((request, reply)));
/// }
/// ```
#[must_use = "dropped, it leaves the request unanswered"]
pub struct Reply<P> {
    id: ConnId,
    /// Until it is used up.
    owed: Option<Owed>,
    packet: PhantomData<fn(P)>,
}

/// Who is owed an answer, and to what.
pub(crate) struct Owed {
    pub(crate) connections: Connections,
    pub(crate) request: Asked,
}

impl<P: Packet> Reply<P> {
    /// Answers the request.
    ///
    /// # Errors
    /// [`PushError::Gone`] if the connection has ended, and [`PushError::Encode`] if the packet can't be put on the
    /// wire; the request is then unanswered. There is always room for an answer.
    pub fn send(mut self, mut packet: P) -> Result<(), PushError> {
        let Some(owed) = &self.owed else { return Ok(()) };
        if let Some(correlation) = owed.request.correlation {
            packet.set_correlation(correlation);
        }
        let message = owed.connections.message(owed.request.command, &packet)?;
        let is_open = owed.connections.is_open(self.id);
        self.settle(Answer::Reply(message));
        if is_open { Ok(()) } else { Err(PushError::Gone(self.id)) }
    }
}

impl<P: Packet> Reply<P> {
    /// Answers the request with what `call` returns, which is run on the connection's worker, where it has all that a
    /// handler has: for a login, say, that a database has allowed. Its error closes the connection, as that of a handler
    /// does. It takes its place among what the thread pushes, and is not run if the connection has ended by then.
    ///
    /// ```
    /// # use std::thread;
    /// # use mario::{Conn, Others, Packet, Reply, Service};
    /// # struct Gateway;
    /// # impl Service for Gateway { type Session = (); type Worker = (); }
    /// # #[derive(Packet)]
    /// # struct LogIn { uid: u64, password: String }
    /// # #[derive(Packet)]
    /// # struct Welcome;
    /// # fn is_right(_: u64, _: &str) -> bool { true }
    /// #[mario::command(0x6101)]
    /// fn log_in(_conn: &mut Conn<'_, Gateway>, request: LogIn, reply: Reply<Welcome>) {
    ///     thread::spawn(move || {
    ///         if !is_right(request.uid, &request.password) {
    ///             return reply.close();
    ///         }
    ///         let welcomed = reply.then(move |conn: &mut Conn<'_, Gateway>| {
    ///             conn.bind(request.uid, Others::Refuse)?;
    ///             conn.admit();
    ///             Ok(Welcome)
    ///         });
    ///         if let Err(error) = welcomed {
    ///             eprintln!("{error}");
    ///         }
    ///     });
    /// }
    /// ```
    ///
    /// # Errors
    /// [`PushError::Gone`] if the connection has ended, and [`PushError::OtherService`] if the connection is one of
    /// another service than `call` is for; the request is then unanswered.
    pub fn then<S: Service>(
        mut self,
        call: impl FnOnce(&mut Conn<'_, S>) -> Result<P, Close> + Send + 'static,
    ) -> Result<(), PushError> {
        let Some(Owed { connections, request }) = &self.owed else { return Ok(()) };
        connections.expect_service::<S>()?;
        let (is_open, correlation) = (connections.is_open(self.id), request.correlation);
        let call = move |conn: &mut Conn<'_, S>| {
            let returned = call(conn);
            command::reply(conn, correlation, returned, |close| close)
        };
        self.settle(Answer::Call(Call::new::<CallFor<S>>(Box::new(call))));
        if is_open { Ok(()) } else { Err(PushError::Gone(self.id)) }
    }
}

impl<P> Reply<P> {
    pub(crate) fn new(id: ConnId, owed: Owed) -> Self {
        Reply { id, owed: Some(owed), packet: PhantomData }
    }

    /// Closes the connection instead, as a command does that returns [`Close`](crate::Close).
    pub fn close(mut self) {
        self.settle(Answer::Close);
    }

    /// The connection that waits for it.
    pub fn id(&self) -> ConnId {
        self.id
    }

    fn settle(&mut self, answer: Answer) {
        if let Some(owed) = self.owed.take() {
            owed.connections.answer(self.id, owed.request, answer);
        }
    }
}

impl<P> Drop for Reply<P> {
    fn drop(&mut self) {
        self.settle(Answer::None);
    }
}

impl<P> fmt::Debug for Reply<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A request that nobody will answer any more, as [`Service::unanswered`](crate::Service::unanswered) is told.
#[derive(Clone, Copy, Debug)]
pub struct Unanswered(pub(crate) Asked);

impl Unanswered {
    /// Its command.
    pub fn command(self) -> u16 {
        self.0.command
    }

    /// Answers it after all, as its [`Reply`] would have: the packet gets the request's correlation, if that has one.
    ///
    /// # Errors
    /// [`SendError`]; the connection is then closed where the error says so.
    pub fn reply<S: Service>(self, conn: &mut Conn<'_, S>, mut packet: impl Packet) -> Result<(), SendError> {
        if let Some(correlation) = self.0.correlation {
            packet.set_correlation(correlation);
        }
        conn.reply(&packet)
    }
}
