//! How any thread reaches the connections of a server.

mod groups;
mod slowest;
mod users;

use std::any::TypeId;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use mario_proto::{EncodeError, Packet, frame_to_vec, is_reserved};
use thiserror::Error;

use crate::doorbell::Wake;
use crate::link::ConnId;
use crate::link::message::Message;
use crate::mail::call::Call;
use crate::mail::mailbox::Mailbox;
use crate::mail::users::Users;
use crate::mail::{Answer, Answered, Asked, Letter, Refused};
use crate::parts::name::Name;
use crate::parts::slots::Key;
use crate::reason::Close;
use crate::service::Service;
use crate::service::call::CallFor;
use crate::service::conn::Conn;
use crate::service::dispatch::Handled;

pub use slowest::SlowConnection;
pub(crate) use slowest::{Survey, worst};

/// A way to the connections of a server from any thread, and from the handlers of other connections.
///
/// Nothing here waits: a push is queued for the worker that has the connection, or the error says why not. To a user, to a
/// group and to all it is `Ok` where it is queued for each of them; to a [list](Connections::push_to_each) the answer counts.
/// What one thread pushes to one connection arrives in the same order.
///
/// ```
/// use mario::{Conn, ConnId, Connections, Packet, PushError};
/// # struct Gateway;
/// # impl mario::Service for Gateway { type Session = (); type Worker = (); }
/// #[derive(Packet)]
/// struct News<'a> {
///     text: &'a str,
/// }
///
/// const NEWS: u16 = 0x0201;
///
/// /// From whatever thread.
/// fn tell(connections: &Connections, id: ConnId, text: &str) -> Result<(), PushError> {
///     connections.push(id, NEWS, &News { text })
/// }
///
/// /// From a handler.
/// #[mario::command(0x0202)]
/// fn tell_me(conn: &mut Conn<'_, Gateway>, news: News<'_>) {
///     let (connections, id) = (conn.connections(), conn.id());
///     if let Err(error) = tell(&connections, id, news.text) {
///         log::warn!("{id} is not told: {error}");
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Connections(Arc<Lines>);

struct Lines {
    stx: u32,
    /// The type of the service.
    service: TypeId,
    workers: Vec<Arc<dyn Post>>,
    users: Users,
}

/// The mailbox of a worker, whatever wakes it.
trait Post: Send + Sync {
    fn is_open(&self, key: Key) -> bool;
    fn post(&self, letter: Letter) -> Result<(), Refused>;
    fn reserve(&self) -> Result<(), Refused>;
    fn free(&self);
    fn post_reserved(&self, letter: Letter);
    fn is_over(&self) -> bool;
    fn answer(&self, answered: Answered);
}

impl<W: Wake + Send + Sync> Post for Mailbox<W> {
    fn is_open(&self, key: Key) -> bool {
        self.mail.is_open(key)
    }

    fn post(&self, letter: Letter) -> Result<(), Refused> {
        Mailbox::post(self, letter)
    }

    fn reserve(&self) -> Result<(), Refused> {
        self.mail.reserve()
    }

    fn free(&self) {
        self.mail.free();
    }

    fn post_reserved(&self, letter: Letter) {
        Mailbox::post_reserved(self, letter);
    }

    fn is_over(&self) -> bool {
        self.mail.is_over()
    }

    fn answer(&self, answered: Answered) {
        Mailbox::answer(self, answered);
    }
}

/// Why a packet is not pushed.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushError {
    /// The connection has ended, or there never was one of this id.
    #[error("connection {0} has ended")]
    Gone(ConnId),
    /// The server has shut down, or the worker that had the connection has died: no push will get there any more.
    #[error("the server has shut down")]
    ShutDown,
    /// The user has no connection.
    #[error("user {0} has no connection")]
    Offline(Name),
    /// The mailboxes of some workers are full: what has gone to the others does not reach the connections of these. Which
    /// they are, is not told: pushed once more, it reaches those of the others twice, so give it a number if it must
    /// reach all, and let the clients tell by it what they have.
    #[error("the mailboxes of {refused} of {workers} workers are full: set `Builder::mailbox` higher")]
    Partly {
        /// How many.
        refused: usize,
        /// Of how many that it was for.
        workers: usize,
    },
    /// The worker that has the connection is so far behind that its mailbox is full.
    #[error(
        "{0} pushes wait for the connection's worker already: push later, or set `Builder::mailbox` higher"
    )]
    Full(usize),
    /// The command's id is one of the connection's own events.
    #[error("the command id {0:#06x} is reserved: take one below 0xfffc")]
    Reserved(u16),
    /// The packet can't be put on the wire.
    #[error("the packet can't be encoded: {0}")]
    Encode(#[from] EncodeError),
    /// The call is for connections of another service.
    #[error("the server has another service than {0}")]
    OtherService(&'static str),
}

/// What became of a message to [each of many connections](Connections::push_to_each).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pushed {
    /// Connections for which it is queued.
    pub queued: usize,
    /// Connections that have ended.
    pub gone: usize,
    /// Connections of workers whose mailboxes are full.
    pub refused: usize,
}

impl Connections {
    /// A way to the connections of the workers of a server of `S`.
    pub(crate) fn new<S: Service, W: Wake + Send + Sync + 'static>(
        stx: u32,
        workers: &[Arc<Mailbox<W>>],
    ) -> Self {
        let users = Users::new(workers.iter().map(|mailbox| mailbox.mail.slots()).sum());
        let workers = workers.iter().map(|mailbox| Arc::clone(mailbox) as Arc<dyn Post>).collect();
        Connections(Arc::new(Lines { stx, service: TypeId::of::<S>(), workers, users }))
    }

    /// Pushes `packet` under the id of a command. What becomes of it if the peer reads too slowly, the packet itself
    /// says: see [`Overflow`](crate::Overflow).
    ///
    /// # Errors
    /// [`PushError`]. Without one the packet is queued; it is still lost if the connection ends before it is sent.
    pub fn push<P: Packet>(&self, id: ConnId, command: u16, packet: &P) -> Result<(), PushError> {
        self.push_message(id, &self.message(command, packet)?)
    }

    /// Encodes `packet` under the id of a command, to push it more than once.
    ///
    /// # Errors
    /// [`PushError::Reserved`] and [`PushError::Encode`].
    pub fn message<P: Packet>(&self, command: u16, packet: &P) -> Result<Message, PushError> {
        if is_reserved(command) {
            return Err(PushError::Reserved(command));
        }
        let frame = frame_to_vec(self.0.stx, command, packet)?.into();
        Ok(Message::new(command, P::OVERFLOW, frame))
    }

    /// Pushes a message that was made by this server's [`message`](Connections::message).
    ///
    /// # Errors
    /// [`PushError::Gone`], [`PushError::ShutDown`] and [`PushError::Full`].
    pub fn push_message(&self, id: ConnId, message: &Message) -> Result<(), PushError> {
        self.post(id, |key| Letter::Push(key, message.clone()))
    }

    /// Pushes a message to each of these connections. It is one letter to each worker that has some of them, and the
    /// worker serves others in between if they are very many.
    ///
    /// ```
    /// # use mario::{ConnId, Connections, Payload, PushError};
    /// fn tell_all(connections: &Connections, players: &[ConnId]) -> Result<usize, PushError> {
    ///     let message = connections.message(0x0301, &Payload(b"the game begins"))?;
    ///     Ok(connections.push_to_each(players.iter().copied(), &message).queued)
    /// }
    /// ```
    pub fn push_to_each(&self, ids: impl IntoIterator<Item = ConnId>, message: &Message) -> Pushed {
        let (of_workers, gone) = self.by_worker(ids);
        let mut pushed = Pushed { gone, ..Pushed::default() };
        for (worker, keys) in of_workers {
            let count = keys.len();
            match self.0.workers[worker].post(Letter::PushMany(keys.into(), message.clone())) {
                Ok(()) => pushed.queued += count,
                Err(Refused::Full(_)) => pushed.refused += count,
            }
        }
        pushed
    }

    /// Closes a connection as [`Conn::close`](crate::Conn::close) does; what was pushed before is flushed.
    ///
    /// # Errors
    /// [`PushError::Gone`], [`PushError::ShutDown`] and [`PushError::Full`].
    pub fn close(&self, id: ConnId) -> Result<(), PushError> {
        self.post(id, Letter::Close)
    }

    /// Runs `call` for a connection on its worker, where it has all that a handler has. It takes its place among what the
    /// thread pushes, and is not run if the connection has ended by then; a panic of it costs that connection.
    ///
    /// ```
    /// # use mario::{Conn, ConnId, Connections, PushError, Service};
    /// # struct Gateway;
    /// # impl Service for Gateway { type Session = u32; type Worker = (); }
    /// /// An operator raises the rank of whoever is at this connection.
    /// fn promote(connections: &Connections, id: ConnId) -> Result<(), PushError> {
    ///     connections.with(id, |conn: &mut Conn<'_, Gateway>| *conn.session() += 1)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`PushError::Gone`], [`PushError::ShutDown`], [`PushError::Full`], and [`PushError::OtherService`] if the server is
    /// one of another service than `call` is for.
    pub fn with<S: Service>(
        &self,
        id: ConnId,
        call: impl FnOnce(&mut Conn<'_, S>) + Send + 'static,
    ) -> Result<(), PushError> {
        self.expect_service::<S>()?;
        let call = |conn: &mut Conn<'_, S>| {
            call(conn);
            Handled::Done
        };
        self.post(id, |key| Letter::Call(key, Call::new::<CallFor<S>>(Box::new(call))))
    }

    /// # Errors
    /// If the server's is another.
    pub(crate) fn expect_service<S: Service>(&self) -> Result<(), PushError> {
        let is_its = self.0.service == TypeId::of::<S>();
        is_its.then_some(()).ok_or(PushError::OtherService(std::any::type_name::<S>()))
    }

    /// Whether a connection is open. It may end at any moment.
    pub fn is_open(&self, id: ConnId) -> bool {
        self.worker_of(id).is_some()
    }

    /// Makes a worker die, for tests; whether it will.
    #[cfg(any(test, fuzzing, feature = "__deaths"))]
    pub(crate) fn kill_worker(&self, worker: usize) -> bool {
        self.0.workers.get(worker).is_some_and(|worker| worker.post(Letter::Die).is_ok())
    }

    /// Answers a request of a connection, whether or not that is still open.
    pub(crate) fn answer(&self, id: ConnId, request: Asked, answer: Answer) {
        if let Some(worker) = self.0.workers.get(id.worker()) {
            worker.answer(Answered { key: id.key(), request, answer });
        }
    }

    fn post(&self, id: ConnId, letter: impl FnOnce(Key) -> Letter) -> Result<(), PushError> {
        let worker = self.worker_of(id).ok_or_else(|| self.missing(id))?;
        worker.post(letter(id.key())).map_err(|Refused::Full(capacity)| PushError::Full(capacity))
    }

    /// Why a connection is not open.
    #[cold]
    fn missing(&self, id: ConnId) -> PushError {
        match self.0.workers.get(id.worker()) {
            Some(worker) if worker.is_over() => PushError::ShutDown,
            _ => PushError::Gone(id),
        }
    }

    /// Which of these connections each worker has, and how many have ended.
    fn by_worker(&self, ids: impl IntoIterator<Item = ConnId>) -> (BTreeMap<usize, Vec<Key>>, usize) {
        let (mut of_workers, mut gone) = (BTreeMap::<_, Vec<_>>::new(), 0);
        for id in ids {
            match self.worker_of(id) {
                Some(_) => of_workers.entry(id.worker()).or_default().push(id.key()),
                None => gone += 1,
            }
        }
        (of_workers, gone)
    }

    /// Posts a letter to each of these workers.
    ///
    /// # Errors
    /// [`PushError::Partly`] if the mailboxes of some are full.
    fn post_to_workers(&self, letters: impl Iterator<Item = (usize, Letter)>) -> Result<(), PushError> {
        let (mut refused, mut workers) = (0, 0);
        for (worker, letter) in letters {
            workers += 1;
            refused += usize::from(self.0.workers[worker].post(letter).is_err());
        }
        if refused == 0 { Ok(()) } else { Err(PushError::Partly { refused, workers }) }
    }

    /// The worker that has the connection, if that is open.
    fn worker_of(&self, id: ConnId) -> Option<&dyn Post> {
        self.0.workers.get(id.worker()).map(|worker| &**worker).filter(|worker| worker.is_open(id.key()))
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("workers", &self.0.workers.len()).finish_non_exhaustive()
    }
}

impl From<PushError> for Close {
    fn from(_: PushError) -> Self {
        Close
    }
}
