//! What all clones of a client share: the connection of the moment.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Settings;
use super::connection::Connection;
use super::pushes::PushQueue;
use crate::client::backoff::Backoff;
use crate::client::conversation::Failure;
use crate::client::error::{Disconnect, Error, Result};
use crate::client::lock;
use crate::client::phase::Phase;

pub(super) struct Shared {
    pub(super) settings: Arc<Settings>,
    /// `None` if the first connection is the only one.
    backoff: Option<Backoff>,
    phase: Mutex<Phase<Connection>>,
    changed: Condvar,
    pub(super) pushes: Arc<PushQueue>,
}

impl Shared {
    /// Without a connection yet.
    pub(super) fn new(settings: Settings) -> Arc<Self> {
        Arc::new(Shared {
            backoff: settings.reconnect,
            phase: Mutex::new(Phase::begin()),
            changed: Condvar::new(),
            pushes: Arc::new(PushQueue::new(settings.push_queue)),
            settings: Arc::new(settings),
        })
    }

    /// With nothing but this connection, for the login on it.
    pub(super) fn login(&self, connection: Arc<Connection>) -> Arc<Self> {
        Arc::new(Shared {
            settings: Arc::clone(&self.settings),
            backoff: None,
            phase: Mutex::new(Phase::Up(connection)),
            changed: Condvar::new(),
            pushes: Arc::clone(&self.pushes),
        })
    }

    /// Does something on the connection; as long as nothing was sent, on the next one if it has ended.
    pub(super) fn attempt<T>(
        &self,
        deadline: Instant,
        mut attempt: impl FnMut(&Connection) -> Result<T, Failure>,
    ) -> Result<T> {
        let mut ended = None;
        loop {
            let connection = self.connection(ended.as_ref(), deadline)?;
            match attempt(&connection) {
                Ok(value) => return Ok(value),
                Err(Failure::Error(error)) => return Err(error),
                Err(Failure::NotSent(cause)) => ended = Some((connection, cause)),
            }
        }
    }

    /// The connection, if there is one before the deadline that is not the one that has `ended`.
    fn connection(
        &self,
        ended: Option<&(Arc<Connection>, Disconnect)>,
        deadline: Instant,
    ) -> Result<Arc<Connection>> {
        let mut phase = lock(&self.phase);
        loop {
            let cause = match phase.connection(ended) {
                Ok(connection) => return Ok(connection),
                Err(cause) => cause,
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if self.backoff.is_none() || left.is_zero() || phase.is_over() {
                return Err(Error::NotConnected { cause });
            }
            (phase, _) = self.changed.wait_timeout(phase, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The connection of the moment, if there is one.
    pub(super) fn up(&self) -> Option<Arc<Connection>> {
        lock(&self.phase).up()
    }

    /// Waits, unless the client is closed for good meanwhile: then `false`.
    pub(super) fn pause(&self, wait: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(lock(&self.phase), wait, |phase| !phase.is_over());
        waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Lets calls take a connection, even one that has ended since: they tell why. Unless the client is over.
    pub(super) fn publish(&self, connection: &Arc<Connection>) -> Result<()> {
        lock(&self.phase).publish(connection)?;
        self.changed.notify_all();
        Ok(())
    }

    /// The connection that was published has ended. If it is to be replaced, says how: by whoever calls this.
    pub(super) fn ended(&self, cause: Disconnect) -> Option<Backoff> {
        if self.backoff.is_none() {
            self.over(cause);
            return None;
        }
        let is_on = lock(&self.phase).ended(cause);
        self.changed.notify_all();
        self.backoff.filter(|_| is_on)
    }

    /// An attempt to replace the connection failed.
    pub(super) fn failed(&self, error: Error) {
        lock(&self.phase).failed(error);
    }

    /// There is no further attempt.
    pub(super) fn give_up(&self) {
        let cause = lock(&self.phase).give_up();
        if let Some(cause) = cause {
            self.over(cause);
        }
    }

    /// Closes the client for good.
    pub(super) fn close(&self) {
        if let Some(Phase::Up(connection)) = self.over(Disconnect::ByClient) {
            connection.close(Disconnect::ByClient);
        }
    }

    /// Leaves the connection to others.
    pub(super) fn release(&self) {
        *lock(&self.phase) = Phase::Over(Disconnect::ByClient);
    }

    /// There will be no connection any more; the phase until now.
    fn over(&self, cause: Disconnect) -> Option<Phase<Connection>> {
        let before = lock(&self.phase).over(cause)?;
        self.changed.notify_all();
        self.pushes.close();
        Some(before)
    }
}
