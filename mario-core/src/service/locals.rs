//! What a worker keeps for its service, within reach of each handler and hook.

use std::sync::Arc;

use crate::link::ConnId;
use crate::mail::connections::Connections;
use crate::mail::users::{BindError, Bound, Others};
use crate::parts::groups::{Groups, JoinError};
use crate::parts::name::Name;
use crate::parts::slots::Key;
use crate::service::Service;
use crate::service::timers::{Timer, TimerError, Timers};
use crate::stats::notice::Notice;
use crate::stats::{Counters, Shortage};

pub(crate) struct Locals<S: Service> {
    pub(crate) state: S::Worker,
    pub(crate) timers: Timers<S>,
    pub(crate) groups: Groups,
    pub(crate) bound: Bound,
    pub(crate) connections: Connections,
    /// How many answers may be owed yet.
    pub(crate) answers_left: usize,
    pub(crate) counters: Arc<Counters>,
    /// None is left.
    pub(crate) none_left: Notice,
}

impl<S: Service> Locals<S> {
    pub(crate) fn new(
        timers: Timers<S>,
        groups: Groups,
        bound: Bound,
        connections: Connections,
        answers: usize,
        counters: Arc<Counters>,
    ) -> Self {
        let state = S::Worker::default();
        Locals {
            state,
            timers,
            groups,
            bound,
            connections,
            answers_left: answers,
            counters,
            none_left: Notice::default(),
        }
    }

    /// Adds a connection to a group, unless it is in it.
    pub(crate) fn join(&mut self, key: Key, group: Name) -> Result<(), JoinError> {
        self.groups.join(key, group).inspect_err(|error| {
            if let JoinError::Full(_) = error {
                self.counters.shortages.count(Shortage::Memberships);
            }
        })
    }

    /// A timer was set, or not: then it is counted.
    pub(crate) fn counted(&self, timer: Result<Timer, TimerError>) -> Result<Timer, TimerError> {
        timer.inspect_err(|error| {
            if let TimerError::Full(_) = error {
                self.counters.shortages.count(Shortage::Timers);
            }
        })
    }

    /// Binds a connection to a user; the answer is the user's other ones.
    pub(crate) fn bind(&mut self, id: ConnId, user: Name, others: Others) -> Result<Vec<ConnId>, BindError> {
        let before = self.bound.get(id.key());
        let older = self.connections.bind(id, user, others)?;
        self.bound.set(id.key(), user);
        if let Some(before) = before.filter(|before| *before != user) {
            self.connections.unbind(id, before);
        }
        Ok(older)
    }

    /// Whether a connection is bound to a user who has others by now, in its place.
    pub(crate) fn is_replaced(&self, id: ConnId, user: Name) -> bool {
        self.bound.get(id.key()) == Some(user) && !self.connections.is_of_user(id, user)
    }

    /// Whose connection it was.
    #[inline]
    pub(crate) fn unbind(&mut self, id: ConnId) -> Option<Name> {
        let user = self.bound.take(id.key())?;
        self.connections.unbind(id, user);
        Some(user)
    }
}
