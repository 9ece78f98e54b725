//! What a worker keeps for its service, within reach of each handler and hook.

use crate::connections::Connections;
use crate::groups::Groups;
use crate::link::ConnId;
use crate::name::Name;
use crate::service::Service;
use crate::timers::Timers;
use crate::users::{BindError, Bound, Others};

pub(crate) struct Locals<S: Service> {
    pub(crate) state: S::Worker,
    pub(crate) timers: Timers<S>,
    pub(crate) groups: Groups,
    pub(crate) bound: Bound,
    pub(crate) connections: Connections,
    /// How many answers may be owed yet.
    pub(crate) answers_left: usize,
}

impl<S: Service> Locals<S> {
    pub(crate) fn new(
        timers: Timers<S>,
        groups: Groups,
        bound: Bound,
        connections: Connections,
        answers: usize,
    ) -> Self {
        let state = S::Worker::default();
        Locals { state, timers, groups, bound, connections, answers_left: answers }
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
