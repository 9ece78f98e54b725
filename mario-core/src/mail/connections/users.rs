//! By user: the connections that are bound to one.

use mario_proto::Packet;

use super::{Connections, Message, Post, PushError};
use crate::link::ConnId;
use crate::mail::Letter;
use crate::mail::users::{BindError, Others};
use crate::parts::name::Name;
use crate::parts::slots::Key;

impl Connections {
    /// Pushes `packet` to all connections of a user.
    ///
    /// # Errors
    /// As [`push_message_to_user`](Connections::push_message_to_user), and what the packet itself may be refused for.
    pub fn push_to_user<P: Packet>(
        &self,
        user: impl Into<Name>,
        command: u16,
        packet: &P,
    ) -> Result<(), PushError> {
        self.push_message_to_user(user, &self.message(command, packet)?)
    }

    /// Pushes a message to all connections of a user: one letter to each worker that has some of them. One that is another
    /// user's by the time its worker comes to it does not get it, and counts as gone.
    ///
    /// # Errors
    /// [`PushError::Offline`], and [`PushError::Partly`] if the mailboxes of some of these workers, or all, are full, so that
    /// the connections there don't get it.
    pub fn push_message_to_user(&self, user: impl Into<Name>, message: &Message) -> Result<(), PushError> {
        let user = user.into();
        let (of_workers, _) = self.by_worker(self.of_user(user));
        if of_workers.is_empty() {
            return Err(PushError::Offline(user));
        }
        let letter = |keys: Vec<_>| Letter::PushToUser(user, keys.into(), message.clone());
        self.post_to_workers(of_workers.into_iter().map(|(worker, keys)| (worker, letter(keys))))
    }

    /// The connections of a user, the oldest first.
    pub fn of_user(&self, user: impl Into<Name>) -> Vec<ConnId> {
        self.0.users.of(user.into())
    }

    /// Whether a user has a connection.
    pub fn is_online(&self, user: impl Into<Name>) -> bool {
        self.0.users.is_online(user.into())
    }

    /// How many users have a connection.
    pub fn online(&self) -> usize {
        self.0.users.online()
    }

    /// All users that have a connection, in no order. This walks through all of them.
    pub fn users(&self) -> Vec<Name> {
        self.0.users.all()
    }

    pub(crate) fn bind(&self, id: ConnId, user: Name, others: Others) -> Result<Vec<ConnId>, BindError> {
        let reserve = |other| Notice::reserve(self.worker_of(other), other.key());
        self.0.users.bind(id, user, others, reserve, |notice| notice.kick(user))
    }

    /// Whether this is a connection of the user.
    pub(crate) fn is_of_user(&self, id: ConnId, user: Name) -> bool {
        self.0.users.has(user, id)
    }

    pub(crate) fn unbind(&self, id: ConnId, user: Name) {
        self.0.users.unbind(id, user);
    }
}

/// Room in a worker's mailbox to tell a connection that it is to close; dropped, it is free again.
struct Notice<'c> {
    key: Key,
    /// Nobody is told where the connection has ended.
    worker: Option<&'c dyn Post>,
}

impl<'c> Notice<'c> {
    /// `None` if the mailbox is full.
    fn reserve(worker: Option<&'c dyn Post>, key: Key) -> Option<Self> {
        worker.is_none_or(|worker| worker.reserve().is_ok()).then(|| Notice { key, worker })
    }

    fn kick(mut self, user: Name) {
        if let Some(worker) = self.worker.take() {
            worker.post_reserved(Letter::Kick(self.key, user));
        }
    }
}

impl Drop for Notice<'_> {
    fn drop(&mut self) {
        if let Some(worker) = self.worker {
            worker.free();
        }
    }
}
