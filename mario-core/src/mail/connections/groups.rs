//! By group: the connections that have joined one; and all.

use mario_proto::Packet;

use super::{Connections, Message, PushError};
use crate::link::ConnId;
use crate::mail::Letter;
use crate::parts::name::Name;

impl Connections {
    /// Pushes `packet` to all members of a group.
    ///
    /// # Errors
    /// As [`push_message_to_group`](Connections::push_message_to_group), and what the packet itself may be refused for.
    pub fn push_to_group<P: Packet>(
        &self,
        group: impl Into<Name>,
        command: u16,
        packet: &P,
    ) -> Result<(), PushError> {
        self.push_message_to_group(group, &self.message(command, packet)?)
    }

    /// Pushes a message to all members of a group: one letter to each worker, who pushes it to those that are members
    /// when it comes to it, to each once. It serves others in between if they are very many.
    ///
    /// # Errors
    /// [`PushError::Partly`] if the mailboxes of some workers are full, so that the members there don't get it, and
    /// [`PushError::ShutDown`].
    pub fn push_message_to_group(&self, group: impl Into<Name>, message: &Message) -> Result<(), PushError> {
        let group = group.into();
        self.post_to_all(|| Letter::PushToGroup(group, message.clone()))
    }

    /// Pushes `packet` to all connections.
    ///
    /// # Errors
    /// As [`push_message_to_all`](Connections::push_message_to_all), and what the packet itself may be refused for.
    pub fn push_to_all<P: Packet>(&self, command: u16, packet: &P) -> Result<(), PushError> {
        self.push_message_to_all(&self.message(command, packet)?)
    }

    /// Pushes a message to all connections, as to a group that all are in.
    ///
    /// # Errors
    /// [`PushError::Partly`] and [`PushError::ShutDown`].
    pub fn push_message_to_all(&self, message: &Message) -> Result<(), PushError> {
        self.post_to_all(|| Letter::PushToAll(message.clone()))
    }

    /// Adds a connection to a group, as [`Conn::join`](crate::Conn::join) does. If there is no room for it, that is
    /// logged: only the worker knows.
    ///
    /// # Errors
    /// [`PushError::Gone`], [`PushError::ShutDown`] and [`PushError::Full`].
    pub fn join(&self, id: ConnId, group: impl Into<Name>) -> Result<(), PushError> {
        let group = group.into();
        self.post(id, |key| Letter::Join(key, group))
    }

    /// Takes a connection out of a group, as [`Conn::leave`](crate::Conn::leave) does.
    ///
    /// # Errors
    /// [`PushError::Gone`], [`PushError::ShutDown`] and [`PushError::Full`].
    pub fn leave(&self, id: ConnId, group: impl Into<Name>) -> Result<(), PushError> {
        let group = group.into();
        self.post(id, |key| Letter::Leave(key, group))
    }

    fn post_to_all(&self, letter: impl Fn() -> Letter) -> Result<(), PushError> {
        let workers = &self.0.workers;
        let mut at_work = (0..workers.len()).filter(|worker| !workers[*worker].is_over()).peekable();
        if at_work.peek().is_none() {
            return Err(PushError::ShutDown);
        }
        self.post_to_workers(at_work.map(|worker| (worker, letter())))
    }
}
