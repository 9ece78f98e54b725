//! Whose connections there are, as the model has it.

use super::mail::Letter;
use super::others::USERS;
use super::world::State;
use crate::link::ConnId;
use crate::{BindError, Connections, Name, Others};

impl State {
    /// A handler has said whose its connection is; `posted` is how many letters each worker got by that.
    pub(super) fn bound(
        &mut self,
        number: usize,
        user: u64,
        others: Others,
        outcome: &Result<Vec<ConnId>, BindError>,
        mut posted: Vec<usize>,
    ) {
        let older: Vec<usize> =
            self.users.get(&user).into_iter().flatten().copied().filter(|other| *other != number).collect();
        let open: Vec<usize> = older.iter().copied().filter(|other| self.wires[*other].is_served()).collect();
        let is_right = match (outcome, others) {
            // Those that end just now may be among them yet.
            (Ok(told), _) => {
                let told = self.wires_of(told);
                open.iter().all(|other| told.contains(other))
                    && told.iter().all(|other| older.contains(other))
                    && match others {
                        Others::Kick => true,
                        Others::Refuse => told.is_empty(),
                        Others::Keep(most) => told.len() < most,
                    }
            }
            (Err(BindError::Taken { .. }), Others::Refuse) => !older.is_empty(),
            (Err(BindError::Taken { .. }), Others::Keep(most)) => older.len() >= most,
            (Err(BindError::Busy), Others::Kick) => !open.is_empty(),
            _ => false,
        };
        if !is_right {
            self.violated(format!(
                "client {number}: bound to user {user} by {others:?}: {outcome:?}, who has {older:?}, {open:?} of them open"
            ));
        }
        if others == Others::Kick {
            for other in &open {
                let Some(place) = self.wires[*other].place else { continue };
                if posted[place.worker] > 0 {
                    posted[place.worker] -= 1;
                    self.wires[*other].life.kicked = true;
                    self.posted(place.worker, Letter::Kick(*other, user));
                } else if outcome.is_ok() {
                    self.violated(format!(
                        "client {other}: its user has come by client {number}, and it stays"
                    ));
                }
            }
        }
        if posted.iter().any(|letters| *letters > 0) {
            self.violated(format!("client {number}: bound to user {user}, and others get letters"));
        }
        if outcome.is_ok() {
            self.unbound(number);
            let mut list = if others == Others::Kick { Vec::new() } else { older };
            list.push(number);
            self.users.insert(user, list);
            self.wires[number].user = Some(user);
        }
    }

    /// A connection is nobody's any more; the answer is whose it was.
    pub(super) fn unbound(&mut self, number: usize) -> Option<u64> {
        self.wires[number].rebound = true;
        let user = self.wires[number].user.take()?;
        if let Some(list) = self.users.get_mut(&user) {
            list.retain(|other| *other != number);
            if list.is_empty() {
                self.users.remove(&user);
            }
        }
        Some(user)
    }

    /// All threads wait: the server knows who is open, and whose, as the model does.
    ///
    /// # Errors
    /// If it does not.
    pub(super) fn compare_users(&self, connections: &Connections) -> Result<(), String> {
        let mut online = Vec::new();
        for user in 0..USERS as u64 {
            let known = self.users.get(&user).into_iter().flatten().copied();
            let known: Vec<_> = known.filter(|client| self.wires[*client].is_served()).collect();
            let found = self.wires_of(&connections.of_user(user));
            if known != found || connections.is_online(user) == known.is_empty() {
                return Err(format!("user {user} has {known:?}, not {found:?}"));
            }
            online.extend((!known.is_empty()).then(|| Name::from(user)));
        }
        let (found, count) = (connections.users(), connections.online());
        if count != online.len() || found.len() != count || found.iter().any(|user| !online.contains(user)) {
            return Err(format!("{online:?} are online, not {count}, {found:?}"));
        }
        let is_right = |client: &usize| {
            self.wires[*client].id().is_none_or(|id| connections.is_open(id) == self.is_open(*client))
        };
        match (0..self.wires.len()).find(|client| !is_right(client)) {
            Some(client) => {
                Err(format!("client {client}: it is open, and is said not to be, or the other way round"))
            }
            None => Ok(()),
        }
    }

    /// Which clients these connections are of.
    pub(super) fn wires_of(&self, ids: &[ConnId]) -> Vec<usize> {
        let of = |id: &ConnId| {
            let is_it = |wire: &super::wire::Wire| wire.id() == Some(*id);
            self.wires.iter().position(is_it).unwrap_or(usize::MAX)
        };
        ids.iter().map(of).collect()
    }
}
