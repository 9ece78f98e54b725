//! What a user implements.

pub(crate) mod call;
pub(crate) mod conn;
pub(crate) mod desk;
pub(crate) mod dispatch;
pub(crate) mod locals;
pub(crate) mod pool;
pub(crate) mod rehearsal;
pub(crate) mod reply;
pub(crate) mod timers;

use std::fmt;
use std::time::Duration;

use mario_proto::{DecodeError, Frame};

use crate::mail::connections::Connections;
use crate::reason::{Close, Reason};
use crate::service::conn::Conn;
use crate::service::locals::Locals;
use crate::service::reply::Unanswered;
use crate::service::timers::{Timer, TimerError};

/// A service: what its handlers share, what each connection and each worker keeps, and the hooks of their lives.
///
/// One value serves all workers, so it is shared without a lock; what changes belongs into
/// [`Session`](Service::Session), [`Worker`](Service::Worker) or atomics. Each hook runs on the worker that owns
/// the connection, as the handlers do; a hook that blocks holds up all connections of that worker.
///
/// ```
/// use mario::{Conn, Reason, Service};
///
/// struct Gateway;
///
/// #[derive(Default)]
/// struct Device { logged_in: bool }
///
/// impl Service for Gateway {
///     type Session = Device;
///     type Worker = u64; // how many devices have logged out of this worker
///
///     fn disconnected(&self, conn: &mut Conn<'_, Self>, _reason: Reason) {
///         if conn.session().logged_in {
///             *conn.worker() += 1;
///         }
///     }
/// }
/// ```
pub trait Service: Sized + Send + Sync + 'static {
    /// What each connection keeps: made by `Default` when it connects, dropped when its slot is free again.
    type Session: Default + 'static;

    /// What each worker thread keeps; made by `Default` on that thread, so it need not be `Send`.
    type Worker: Default + 'static;

    /// A worker is ready and has no connection yet.
    fn started(&self, worker: &mut Worker<'_, Self>) {
        let _ = worker;
    }

    /// A connection has a slot; none of its bytes have been read yet.
    fn connected(&self, conn: &mut Conn<'_, Self>) {
        let _ = conn;
    }

    /// The server is about to shut down, and in its [drain](crate::Builder::drain) it is this connection's turn to go:
    /// called at most once for each. What may be sent here is a packet that tells the client to go elsewhere.
    ///
    /// The answer is the connection's notice: how long it may stay yet, at most 12 days. Its requests are served, and
    /// when the notice ends it is closed. By default it has none, and is closed at once.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use mario::{Conn, Packet, Service};
    /// # struct Gateway;
    /// #[derive(Packet)]
    /// struct GoAway;
    ///
    /// impl Service for Gateway {
    ///     type Session = ();
    ///     type Worker = ();
    ///
    ///     fn draining(&self, conn: &mut Conn<'_, Self>) -> Duration {
    ///         // If it can't be sent, the connection ends, and `disconnected` will tell.
    ///         let _ = conn.send(0x0102, &GoAway);
    ///         Duration::from_secs(10) // time to finish what it has begun
    ///     }
    /// }
    /// ```
    fn draining(&self, conn: &mut Conn<'_, Self>) -> Duration {
        let _ = conn;
        Duration::ZERO
    }

    /// A connection has ended: exactly once for each that was [`connected`](Service::connected). What was sent
    /// before is still flushed if the peer reads; nothing more can be sent.
    fn disconnected(&self, conn: &mut Conn<'_, Self>, reason: Reason) {
        let _ = (conn, reason);
    }

    /// The period given to [`Builder::tick`](crate::Builder::tick) has passed; called on each worker.
    fn tick(&self, worker: &mut Worker<'_, Self>) {
        let _ = worker;
    }

    /// A frame whose command no handler takes.
    ///
    /// # Errors
    /// An error, as by default, closes the connection with [`Reason::UnknownCommand`]; `Ok` keeps it.
    fn unknown_command(&self, conn: &mut Conn<'_, Self>, frame: Frame<'_>) -> Result<(), Close> {
        let _ = (conn, frame);
        Err(Close)
    }

    /// Whether `command` may run for this connection: asked for each frame that a handler takes, before its own guard
    /// and before its payload is decoded. By default it may.
    ///
    /// Here belongs what holds for all commands, such as that a connection that has not logged in may only log in.
    #[inline]
    fn admits(&self, conn: &mut Conn<'_, Self>, command: u16) -> bool {
        let _ = (conn, command);
        true
    }

    /// A frame whose command may not run: [`admits`](Service::admits) or the command's guard said no. Its payload has
    /// not been decoded.
    ///
    /// # Errors
    /// An error, as by default, closes the connection with [`Reason::Denied`]; `Ok` keeps it.
    fn denied(&self, conn: &mut Conn<'_, Self>, frame: Frame<'_>) -> Result<(), Close> {
        let _ = (conn, frame);
        Err(Close)
    }

    /// A request whose [`Reply`](crate::Reply) was dropped without an answer, as by a thread that panicked, or could not
    /// be encoded. Here it can still be answered:
    ///
    /// ```
    /// # use mario::{Close, Conn, Packet, Service, Unanswered};
    /// # struct Archive;
    /// #[derive(Packet)]
    /// struct Failed {
    ///     command: u16,
    /// }
    ///
    /// impl Service for Archive {
    ///     type Session = ();
    ///     type Worker = ();
    ///
    ///     fn unanswered(&self, conn: &mut Conn<'_, Self>, request: Unanswered) -> Result<(), Close> {
    ///         request.reply(conn, Failed { command: request.command() })?;
    ///         Ok(())
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// An error, as by default, closes the connection with [`Reason::Unanswered`]; `Ok` keeps it.
    fn unanswered(&self, conn: &mut Conn<'_, Self>, request: Unanswered) -> Result<(), Close> {
        let _ = (conn, request);
        Err(Close)
    }

    /// A frame whose payload its command's packet does not decode from. The handler has not run.
    ///
    /// # Errors
    /// An error, as by default, closes the connection with [`Reason::Malformed`]; `Ok` keeps it.
    fn malformed(
        &self,
        conn: &mut Conn<'_, Self>,
        frame: Frame<'_>,
        error: DecodeError,
    ) -> Result<(), Close> {
        let _ = (conn, frame, error);
        Err(Close)
    }
}

/// What a hook sees of its worker.
pub struct Worker<'a, S: Service> {
    pub(crate) locals: &'a mut Locals<S>,
    pub(crate) index: usize,
    pub(crate) open: usize,
}

impl<S: Service> Worker<'_, S> {
    /// The worker's own state.
    pub fn state(&mut self) -> &mut S::Worker {
        &mut self.locals.state
    }

    /// Calls `call` on this worker after `delay`, once. Timers come late by as long as the worker is busy, and never
    /// early; their resolution is a millisecond.
    ///
    /// # Errors
    /// [`TimerError::Full`]: all timers of the worker are taken.
    pub fn after(&mut self, delay: Duration, call: fn(&S, &mut Worker<'_, S>)) -> Result<Timer, TimerError> {
        let timer = self.locals.timers.for_worker(delay, None, call);
        self.locals.counted(timer)
    }

    /// Calls `call` on this worker again and again, `period` after now for the first time. What a busy worker missed
    /// is not made up for.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use mario::{Service, Worker};
    /// struct Gateway;
    ///
    /// impl Service for Gateway {
    ///     type Session = ();
    ///     type Worker = Vec<u64>; // what this worker has counted
    ///
    ///     fn started(&self, worker: &mut Worker<'_, Self>) {
    ///         let every_minute = worker.every(Duration::from_secs(60), |_gateway, worker| worker.state().clear());
    ///         every_minute.expect("a worker that starts has all its timers");
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// [`TimerError::Full`]: all timers of the worker are taken.
    pub fn every(&mut self, period: Duration, call: fn(&S, &mut Worker<'_, S>)) -> Result<Timer, TimerError> {
        let timer = self.locals.timers.for_worker(period, Some(period), call);
        self.locals.counted(timer)
    }

    /// Forgets a timer of this worker; whether it was still to come.
    pub fn cancel(&mut self, timer: Timer) -> bool {
        self.locals.timers.cancel_for_worker(timer)
    }

    /// A way to all connections of the server, which may be kept and given to other threads.
    pub fn connections(&self) -> Connections {
        self.locals.connections.clone()
    }

    /// The worker's number, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// How many connections the worker has now, those that are being closed included.
    pub fn open(&self) -> usize {
        self.open
    }
}

impl<S: Service> fmt::Debug for Worker<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("index", &self.index).field("open", &self.open).finish_non_exhaustive()
    }
}
