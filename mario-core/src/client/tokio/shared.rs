//! What all clones of a client share: the connection of the moment.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ::tokio::sync::watch;
use ::tokio::time::{timeout, timeout_at};

use super::Settings;
use super::connection::Connection;
use super::pushes::PushQueue;
use crate::client::backoff::Backoff;
use crate::client::conversation::Failure;
use crate::client::error::{Disconnect, Error, Result};
use crate::client::phase::Phase;

pub(super) struct Shared {
    pub(super) settings: Arc<Settings>,
    /// `None` if the first connection is the only one.
    backoff: Option<Backoff>,
    phase: watch::Sender<Phase<Connection>>,
    pub(super) pushes: Arc<PushQueue>,
}

/// A connection that calls no longer take, and why.
pub(super) type Ended = (Arc<Connection>, Disconnect);

impl Shared {
    /// Without a connection yet.
    pub(super) fn new(settings: Settings) -> Arc<Self> {
        Arc::new(Shared {
            backoff: settings.reconnect,
            phase: watch::Sender::new(Phase::begin()),
            pushes: Arc::new(PushQueue::new(settings.push_queue)),
            settings: Arc::new(settings),
        })
    }

    /// With nothing but this connection, for the login on it.
    pub(super) fn login(&self, connection: Arc<Connection>) -> Arc<Self> {
        Arc::new(Shared {
            settings: Arc::clone(&self.settings),
            backoff: None,
            phase: watch::Sender::new(Phase::Up(connection)),
            pushes: Arc::clone(&self.pushes),
        })
    }

    /// The connection, if there is one before the deadline that is not the one that has `ended`.
    pub(super) async fn connection(
        &self,
        ended: Option<&Ended>,
        deadline: Instant,
    ) -> Result<Arc<Connection>> {
        let mut phase = self.phase.subscribe();
        let is_settled =
            |phase: &Phase<_>| self.backoff.is_none() || phase.is_over() || phase.connection(ended).is_ok();
        let found = match timeout_at(deadline.into(), phase.wait_for(is_settled)).await {
            Ok(Ok(settled)) => settled.connection(ended),
            // The time is over, but what it is now counts.
            _ => self.phase.borrow().connection(ended),
        };
        found.map_err(|cause| Error::NotConnected { cause })
    }

    /// What an attempt on a connection came to; if nothing was sent, there may be another connection for it.
    pub(super) fn or_ended<T>(
        result: Result<T, Failure>,
        connection: Arc<Connection>,
    ) -> Result<Result<T, Ended>> {
        match result {
            Ok(value) => Ok(Ok(value)),
            Err(Failure::NotSent(cause)) => Ok(Err((connection, cause))),
            Err(Failure::Error(error)) => Err(error),
        }
    }

    /// The connection of the moment, if there is one.
    pub(super) fn up(&self) -> Option<Arc<Connection>> {
        self.phase.borrow().up()
    }

    /// Waits, unless the client is closed for good meanwhile: then `false`.
    pub(super) async fn pause(&self, wait: Duration) -> bool {
        timeout(wait, self.phase.subscribe().wait_for(Phase::is_over)).await.is_err()
    }

    /// Lets calls take a connection, even one that has ended since: they tell why. Unless the client is over.
    pub(super) fn publish(&self, connection: &Arc<Connection>) -> Result<()> {
        let mut published = Ok(());
        self.phase.send_modify(|phase| published = phase.publish(connection));
        published
    }

    /// The connection that was published has ended. If it is to be replaced, says how: by whoever calls this.
    pub(super) fn ended(&self, cause: Disconnect) -> Option<Backoff> {
        if self.backoff.is_none() {
            self.over(cause);
            return None;
        }
        let is_on = self.phase.send_if_modified(|phase| phase.ended(cause));
        self.backoff.filter(|_| is_on)
    }

    /// An attempt to replace the connection failed.
    pub(super) fn failed(&self, error: Error) {
        self.phase.send_modify(|phase| phase.failed(error));
    }

    /// There is no further attempt.
    pub(super) fn give_up(&self) {
        let cause = self.phase.borrow().give_up();
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
        self.phase.send_replace(Phase::Over(Disconnect::ByClient));
    }

    /// There will be no connection any more; the phase until now.
    fn over(&self, cause: Disconnect) -> Option<Phase<Connection>> {
        let mut before = None;
        self.phase.send_if_modified(|phase| {
            before = phase.over(cause);
            before.is_some()
        });
        if before.is_some() {
            self.pushes.close();
        }
        before
    }
}
