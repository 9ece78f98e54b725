//! Who of a worker's connections is in which group.

use std::collections::{HashMap, TryReserveError};

use thiserror::Error;

use crate::extent::{self, Extent};
use crate::parts::lists::Lists;
use crate::parts::name::Name;
use crate::parts::slots::Key;
use crate::reason::Close;

/// Why a connection does not join a group.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinError {
    /// The connections of the worker are in as many groups as it has room for.
    #[error("the worker's connections have all {0} memberships in groups: set `Builder::memberships` higher")]
    Full(usize),
    /// The connection has ended, or is about to.
    #[error("the connection is closed, and in no group any more")]
    Closed,
}

impl From<JoinError> for Close {
    fn from(_: JoinError) -> Self {
        Close
    }
}

/// More have no number.
pub(crate) const MOST_MEMBERSHIPS: usize = 1 << 31;

/// The members of all groups that connections of one worker are in.
pub(crate) struct Groups {
    by_name: HashMap<Name, u32>,
    /// Without members it is free.
    groups: Vec<Group>,
    free: Vec<u32>,
    /// For each slot the groups that its connection is in.
    memberships: Lists<Membership>,
}

struct Group {
    name: Name,
    members: Vec<Key>,
}

struct Membership {
    group: u32,
    /// Where among the members.
    position: u32,
}

impl Groups {
    /// Room for so many memberships of so many slots, or an error if so much memory can't be had.
    pub(crate) fn new(memberships: usize, slots: usize) -> Result<Self, TryReserveError> {
        Ok(Groups {
            by_name: HashMap::new(),
            groups: Vec::new(),
            free: Vec::new(),
            memberships: Lists::new(memberships, slots)?,
        })
    }

    /// What room for so many memberships of so many slots takes; at most, each is in a group of its own.
    pub(crate) fn extent(memberships: usize, slots: usize) -> Extent {
        // A list that grows has up to twice as much room as it needs, and half of that yet while it is copied; the shortest
        // has room for four.
        let lists = 3 * (size_of::<Group>() + size_of::<u32>()) + 4 * size_of::<Key>();
        Extent::fixed(Lists::<Membership>::bytes(memberships, slots))
            + Extent::later(memberships.saturating_mul(lists) + extent::map::<Name, u32>(memberships))
    }

    /// Adds a connection to a group, unless it is in it.
    pub(crate) fn join(&mut self, key: Key, name: Name) -> Result<(), JoinError> {
        if self.contains(key, name) {
            return Ok(());
        }
        let existing = self.by_name.get(&name).copied();
        let group = existing.or(self.free.last().copied()).unwrap_or(self.groups.len() as u32);
        let position = existing.map_or(0, |group| self.groups[group as usize].members.len() as u32);
        let membership = Membership { group, position };
        self.memberships
            .push(key.index, membership)
            .map_err(|_| JoinError::Full(self.memberships.capacity()))?;
        if existing.is_none() {
            self.found(group, name);
        }
        self.groups[group as usize].members.push(key);
        Ok(())
    }

    /// Takes a connection out of a group; whether it was in it.
    pub(crate) fn leave(&mut self, key: Key, name: Name) -> bool {
        let Some(&group) = self.by_name.get(&name) else { return false };
        let Some(membership) = self.memberships.take(key.index, |membership| membership.group == group)
        else {
            return false;
        };
        self.remove(membership);
        true
    }

    /// Takes the connection in a slot out of all groups.
    #[inline]
    pub(crate) fn leave_all(&mut self, slot: u32) {
        while let Some(membership) = self.memberships.pop(slot) {
            self.remove(membership);
        }
    }

    /// Whether a connection is in a group.
    pub(crate) fn contains(&mut self, key: Key, name: Name) -> bool {
        let Some(&group) = self.by_name.get(&name) else { return false };
        self.memberships.find(key.index, |membership| membership.group == group).is_some()
    }

    /// Those that are in a group.
    pub(crate) fn members(&self, name: Name) -> &[Key] {
        self.by_name.get(&name).map_or(&[], |group| &self.groups[*group as usize].members)
    }

    /// The first member of a group has come.
    fn found(&mut self, group: u32, name: Name) {
        self.by_name.insert(name, group);
        match self.groups.get_mut(group as usize) {
            Some(free) => {
                self.free.pop();
                free.name = name;
            }
            None => self.groups.push(Group { name, members: Vec::new() }),
        }
    }

    fn remove(&mut self, membership: Membership) {
        let Membership { group, position } = membership;
        let Group { name, members } = &mut self.groups[group as usize];
        members.swap_remove(position as usize);
        if let Some(moved) = members.get(position as usize) {
            let its = self.memberships.find(moved.index, |membership| membership.group == group);
            if let Some(membership) = its {
                membership.position = position;
            }
        } else if members.is_empty() {
            *members = Vec::new();
            self.by_name.remove(name);
            self.free.push(group);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    const SLOTS: u32 = 5;
    const NAMES: u64 = 4;

    proptest! {
        #[test]
        fn behaves_as_sets(
            capacity in 0..12usize,
            steps in prop::collection::vec((0..SLOTS, 0..NAMES, 0..8u8), 0..300),
        ) {
            let mut groups = Groups::new(capacity, SLOTS as usize).unwrap();
            let mut model = BTreeMap::<u64, BTreeSet<u32>>::new();
            for (slot, number, step) in steps {
                let (key, name) = (Key { index: slot, generation: 7 }, Name::from(number));
                let count: usize = model.values().map(BTreeSet::len).sum();
                let members = model.entry(number).or_default();
                match step {
                    0 => {
                        groups.leave_all(slot);
                        for members in model.values_mut() {
                            members.remove(&slot);
                        }
                    }
                    1..=2 => prop_assert_eq!(groups.leave(key, name), members.remove(&slot)),
                    _ => match groups.join(key, name) {
                        Ok(()) => {
                            members.insert(slot);
                        }
                        Err(error) => {
                            prop_assert!(!members.contains(&slot) && count == capacity);
                            prop_assert_eq!(error, JoinError::Full(capacity));
                        }
                    },
                }
                for (number, members) in &model {
                    let found = groups.members(Name::from(*number));
                    prop_assert_eq!(found.len(), members.len());
                    prop_assert_eq!(found.iter().map(|key| key.index).collect::<BTreeSet<_>>(), members.clone());
                }
                let used = model.values().filter(|members| !members.is_empty()).count();
                prop_assert_eq!((groups.by_name.len(), groups.groups.len()), (used, used + groups.free.len()));
            }
        }
    }
}
