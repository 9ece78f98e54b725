//! Which connections are whose: shared by all workers.
//!
//! Whoever looks at the table or changes a user's connections takes no lock. But the places in it of users who have left
//! are not used again: once they and those who are there fill most of it, it is renewed, by those who bind users
//! meanwhile, some entries each. Whoever begins that allocates the next table behind a lock, and another who comes to it at
//! that moment may wait until it is there. As there is room for twice all connections from the start, this is all that is
//! ever waited for: the table does not grow.

use std::collections::TryReserveError;

use papaya::{Compute, HashMap, Operation};
use thiserror::Error;

use crate::link::ConnId;
use crate::parts::name::Name;
use crate::parts::slots::Key;
use crate::reason::Close;

/// What becomes of the other connections of a user who has one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// They are closed, with [`Reason::Kicked`](crate::Reason::Kicked): the newest counts.
    Kick,
    /// They stay, and the new one is refused: the oldest counts.
    Refuse,
    /// They stay, if there are no more than so many with the new one; otherwise that is refused.
    Keep(usize),
}

/// Why a connection is not bound to a user.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BindError {
    /// The user has as many connections as are allowed.
    #[error("user {user} has {connections} connections already, and may have no more")]
    Taken {
        /// Who it is.
        user: Name,
        /// How many there are.
        connections: usize,
    },
    /// Another connection can't be told to close, as its worker's mailbox is full.
    #[error(
        "another connection of the user can't be closed, as its worker is far behind: try again, or set `Builder::mailbox` higher"
    )]
    Busy,
    /// The connection has ended, or is about to.
    #[error("the connection is closed, and nobody's any more")]
    Closed,
}

impl From<BindError> for Close {
    fn from(_: BindError) -> Self {
        Close
    }
}

/// The connections of all users. Nobody is in it without one.
pub(crate) struct Users(HashMap<Name, Box<[ConnId]>>);

impl Users {
    /// Nobody yet, with room for the users of so many connections.
    pub(crate) fn new(connections: usize) -> Self {
        Users(HashMap::with_capacity(room(connections)))
    }

    /// What the table takes for so many connections: a pointer and a byte for each place.
    pub(crate) fn table_bytes(connections: usize) -> usize {
        let places = (room(connections) * 4 / 3).next_power_of_two();
        places * (size_of::<usize>() + 1)
    }

    /// What else so many connections take at most, each of which is bound to a user of its own: entries, another table
    /// while it is renewed, and what waits to be freed until no thread looks at it.
    pub(crate) fn bytes(connections: usize) -> usize {
        connections * 256 + (64 << 10)
    }

    /// The connections of a user, the oldest first.
    pub(crate) fn of(&self, user: Name) -> Vec<ConnId> {
        self.0.pin().get(&user).map_or(Vec::new(), |connections| connections.to_vec())
    }

    /// Whether this is a connection of the user.
    pub(crate) fn has(&self, user: Name, id: ConnId) -> bool {
        self.0.pin().get(&user).is_some_and(|connections| connections.contains(&id))
    }

    pub(crate) fn is_online(&self, user: Name) -> bool {
        self.0.pin().contains_key(&user)
    }

    pub(crate) fn online(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn all(&self) -> Vec<Name> {
        self.0.pin().keys().copied().collect()
    }

    /// Binds a connection to a user; the answer is the user's other ones. Those that are to be kicked are no more in it
    /// when they are told; that all of them can be told is seen before, by `reserve`.
    pub(crate) fn bind<Notice>(
        &self,
        id: ConnId,
        user: Name,
        others: Others,
        reserve: impl Fn(ConnId) -> Option<Notice>,
        kick: impl Fn(Notice),
    ) -> Result<Vec<ConnId>, BindError> {
        loop {
            let mut older = self.of(user);
            older.retain(|other| *other != id);
            let connections = older.len();
            let notices = match others {
                Others::Refuse if connections > 0 => return Err(BindError::Taken { user, connections }),
                Others::Keep(most) if connections >= most => {
                    return Err(BindError::Taken { user, connections });
                }
                Others::Kick => older.iter().map(|other| reserve(*other)).collect::<Option<_>>(),
                _ => Some(Vec::new()),
            };
            let notices: Vec<_> = notices.ok_or(BindError::Busy)?;
            let mut bound = if others == Others::Kick { Vec::new() } else { older.clone() };
            bound.push(id);
            // If another thread was faster, it begins anew.
            if self.replace(user, |now| without(now, id) == older, &bound) {
                notices.into_iter().for_each(kick);
                return Ok(older);
            }
        }
    }

    /// Unbinds a connection from its user.
    pub(crate) fn unbind(&self, id: ConnId, user: Name) {
        loop {
            let connections = self.of(user);
            let left = without(&connections, id);
            if left.len() == connections.len() || self.replace(user, |now| now == connections, &left) {
                return;
            }
        }
    }

    /// Gives a user these connections, if those there are are as `expected`; whether they were.
    fn replace(&self, user: Name, expected: impl Fn(&[ConnId]) -> bool, with: &[ConnId]) -> bool {
        let users = self.0.pin();
        let outcome = users.compute(user, |entry| match entry {
            _ if !expected(entry.map_or(&[], |(_, now)| now)) => Operation::Abort(()),
            Some(_) if with.is_empty() => Operation::Remove,
            _ => Operation::Insert(Box::from(with)),
        });
        !matches!(outcome, Compute::Aborted(()))
    }
}

/// How many users the table is made for, that it never grows: it would if it was renewed while half its places are taken,
/// of which there are four thirds of this, or more.
fn room(connections: usize) -> usize {
    connections + connections / 2 + 1
}

fn without(connections: &[ConnId], id: ConnId) -> Vec<ConnId> {
    connections.iter().copied().filter(|other| *other != id).collect()
}

/// To which user each of a worker's connections is bound.
pub(crate) struct Bound(Vec<Option<Name>>);

impl Bound {
    /// Nobody yet in any of so many slots, or an error if so much memory can't be had.
    pub(crate) fn new(slots: usize) -> Result<Self, TryReserveError> {
        let mut bound = Vec::new();
        bound.try_reserve_exact(slots)?;
        Ok(Bound(bound))
    }

    /// What room for so many slots takes.
    pub(crate) fn bytes(slots: usize) -> usize {
        slots * size_of::<Option<Name>>()
    }

    pub(crate) fn get(&self, key: Key) -> Option<Name> {
        self.0.get(key.index as usize).copied().flatten()
    }

    pub(crate) fn set(&mut self, key: Key, user: Name) {
        let slot = key.index as usize;
        if slot >= self.0.len() {
            self.0.resize(slot + 1, None);
        }
        self.0[slot] = Some(user);
    }

    #[inline]
    pub(crate) fn take(&mut self, key: Key) -> Option<Name> {
        self.0.get_mut(key.index as usize)?.take()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::thread;

    use proptest::prelude::*;

    use super::*;

    fn id(index: u32) -> ConnId {
        ConnId::new(0, Key { index, generation: 0 })
    }

    proptest! {
        #[test]
        fn behaves_as_lists(steps in prop::collection::vec((0..6u32, 0..3u64, 0..4u8), 0..200)) {
            let users = Users::new(8);
            let mut model = BTreeMap::<u64, Vec<ConnId>>::new();
            for (index, user, step) in steps {
                let (id, name) = (id(index), Name::from(user));
                let mut list = model.remove(&user).unwrap_or_default();
                let before = list.clone();
                list.retain(|other| *other != id);
                let others = list.clone();
                let taken = BindError::Taken { user: name, connections: others.len() };
                let kicked = std::cell::RefCell::new(Vec::new());
                let kick = |other| kicked.borrow_mut().push(other);
                let bind = |policy| users.bind(id, name, policy, Some, kick);
                match step {
                    0 => users.unbind(id, name),
                    1 => {
                        prop_assert_eq!(bind(Others::Kick), Ok(others.clone()));
                        prop_assert_eq!(kicked.into_inner(), others);
                        list = vec![id];
                    }
                    2 if others.is_empty() => {
                        prop_assert_eq!(bind(Others::Refuse), Ok(vec![]));
                        list.push(id);
                    }
                    3 if others.len() < 3 => {
                        prop_assert_eq!(bind(Others::Keep(3)), Ok(others));
                        list.push(id);
                    }
                    _ => {
                        let policy = if step == 2 { Others::Refuse } else { Others::Keep(3) };
                        prop_assert_eq!(bind(policy), Err(taken));
                        list = before;
                    }
                }
                prop_assert_eq!(users.of(name), list.clone());
                prop_assert_eq!(users.is_online(name), !list.is_empty());
                if !list.is_empty() {
                    model.insert(user, list);
                }
                prop_assert_eq!(users.online(), model.len());
            }
        }
    }

    #[test]
    fn of_those_who_come_at_once_one_is_left() {
        let (users, user) = (Users::new(8), Name::from(7u64));
        let kicked = std::sync::Mutex::new(Vec::new());
        thread::scope(|scope| {
            for index in 0..8 {
                let (users, kicked) = (&users, &kicked);
                scope.spawn(move || {
                    for round in 0..500 {
                        let id = id(index * 1000 + round);
                        users
                            .bind(id, user, Others::Kick, Some, |other| kicked.lock().unwrap().push(other))
                            .unwrap();
                    }
                });
            }
        });
        let last = users.of(user);
        assert_eq!(last.len(), 1);
        let mut kicked = kicked.into_inner().unwrap();
        kicked.sort_unstable();
        kicked.dedup();
        assert_eq!(kicked.len(), 8 * 500 - 1, "all others were told");
        assert!(!kicked.contains(&last[0]));
        users.unbind(last[0], user);
        assert_eq!(users.online(), 0);
    }
}
