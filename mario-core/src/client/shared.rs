//! What all clones of a client share: the connection of the moment.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::backoff::Backoff;
use super::builder::Settings;
use super::connection::{Connection, Failure};
use super::error::{Disconnect, Error, Result};
use super::lock;
use super::pushes::PushQueue;

pub(super) struct Shared {
    pub(super) settings: Arc<Settings>,
    /// `None` if the first connection is the only one.
    backoff: Option<Backoff>,
    state: Mutex<State>,
    changed: Condvar,
    pub(super) pushes: Arc<PushQueue>,
}

#[derive(Clone)]
enum State {
    /// The connection that calls take.
    Up(Arc<Connection>),
    /// There will be another one.
    Down(Disconnect),
    /// There will be none any more.
    Over(Disconnect),
}

impl Shared {
    /// Without a connection yet.
    pub(super) fn new(settings: Settings) -> Arc<Self> {
        Arc::new(Shared {
            backoff: settings.reconnect,
            state: Mutex::new(State::Down(Disconnect::ByClient)),
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
            state: Mutex::new(State::Up(connection)),
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
                Err(Failure::NotSent) => ended = Some(connection),
            }
        }
    }

    /// The connection, if there is one before the deadline that is not the one that has `ended`.
    fn connection(&self, ended: Option<&Arc<Connection>>, deadline: Instant) -> Result<Arc<Connection>> {
        let mut state = lock(&self.state);
        loop {
            let cause = match &*state {
                State::Up(connection) if !ended.is_some_and(|ended| Arc::ptr_eq(ended, connection)) => {
                    return Ok(Arc::clone(connection));
                }
                State::Up(connection) => connection.cause().unwrap_or(Disconnect::ByServer),
                State::Down(cause) | State::Over(cause) => cause.clone(),
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if self.backoff.is_none() || left.is_zero() || matches!(*state, State::Over(_)) {
                return Err(Error::NotConnected { cause });
            }
            (state, _) = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The connection of the moment, if there is one.
    pub(super) fn up(&self) -> Option<Arc<Connection>> {
        match &*lock(&self.state) {
            State::Up(connection) => Some(Arc::clone(connection)),
            _ => None,
        }
    }

    /// Waits, unless the client is closed for good meanwhile: then `false`.
    pub(super) fn pause(&self, wait: Duration) -> bool {
        let state = lock(&self.state);
        let waited = self.changed.wait_timeout_while(state, wait, |state| !matches!(state, State::Over(_)));
        waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Lets calls take a connection, even one that has ended since: they tell why. Unless the client is over.
    pub(super) fn publish(&self, connection: &Arc<Connection>) -> Result<()> {
        let mut state = lock(&self.state);
        if let State::Over(cause) = &*state {
            return Err(Error::NotConnected { cause: cause.clone() });
        }
        *state = State::Up(Arc::clone(connection));
        self.changed.notify_all();
        Ok(())
    }

    /// The connection that was published has ended. If it is to be replaced, says how: by whoever calls this.
    pub(super) fn ended(&self, cause: Disconnect) -> Option<Backoff> {
        if self.backoff.is_none() {
            self.over(cause);
            return None;
        }
        let mut state = lock(&self.state);
        if matches!(*state, State::Over(_)) {
            return None;
        }
        *state = State::Down(cause);
        self.changed.notify_all();
        self.backoff
    }

    /// An attempt to replace the connection failed.
    pub(super) fn failed(&self, error: Error) {
        let mut state = lock(&self.state);
        if let State::Down(cause) = &mut *state {
            *cause = Disconnect::Unreachable(Arc::new(error));
        }
    }

    /// There is no further attempt.
    pub(super) fn give_up(&self) {
        let state = lock(&self.state).clone();
        if let State::Down(cause) = state {
            self.over(cause);
        }
    }

    /// Closes the client for good.
    pub(super) fn close(&self) {
        if let State::Up(connection) = self.over(Disconnect::ByClient) {
            connection.close(Disconnect::ByClient);
        }
    }

    /// Leaves the connection to others.
    pub(super) fn release(&self) {
        *lock(&self.state) = State::Over(Disconnect::ByClient);
    }

    /// There will be no connection any more; the state until now.
    fn over(&self, cause: Disconnect) -> State {
        let before = {
            let mut state = lock(&self.state);
            match &*state {
                State::Over(_) => return state.clone(),
                _ => std::mem::replace(&mut *state, State::Over(cause)),
            }
        };
        self.changed.notify_all();
        self.pushes.close();
        before
    }
}
