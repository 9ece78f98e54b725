//! Who is in which group, as the model has it.

use super::mail::Letter;
use super::world::State;

/// So many groups there are.
pub(super) const GROUPS: usize = 3;

/// Whether a connection is in a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Membership {
    #[default]
    Out,
    In,
    /// Only the server knows, as two things were done in one step.
    Unknown,
}

use Membership::{In, Out, Unknown};

impl State {
    /// A handler has joined a group.
    pub(super) fn joins(&mut self, number: usize, group: usize, joined: bool) {
        let Some(place) = self.wires[number].place else { return };
        let (certain, possible) = self.memberships(place.worker);
        let room = self.settings.memberships;
        let is_settled = self.is_settled(place.worker);
        let wire = &mut self.wires[number];
        wire.touched[group] = true;
        let was = wire.groups[group];
        if joined {
            wire.groups[group] = In;
        }
        let is_wrong = match joined {
            true => was == Out && certain >= room,
            false => was == In || possible < room,
        };
        if is_settled && is_wrong {
            self.violated(format!(
                "client {number}: it {} group {group}, with {certain} to {possible} of {room} memberships",
                if joined { "joins" } else { "does not join" }
            ));
        }
    }

    /// A handler has left a group; whether it was in it, as the server says.
    pub(super) fn leaves(&mut self, number: usize, group: usize, was_in: bool) {
        let Some(place) = self.wires[number].place else { return };
        let is_settled = self.is_settled(place.worker);
        let wire = &mut self.wires[number];
        wire.touched[group] = true;
        let was = std::mem::replace(&mut wire.groups[group], Out);
        if is_settled && was != Unknown && was_in != (was == In) {
            self.violated(format!("client {number}: it leaves group {group}, and was {was:?}"));
        }
    }

    /// A worker has taken a letter by which a connection is to join a group.
    pub(super) fn joined(&mut self, worker: usize, number: usize, group: usize) {
        let (certain, possible) = self.memberships(worker);
        let room = self.settings.memberships;
        let wire = &mut self.wires[number];
        // Who has ended in this step may have joined before, and have got what was pushed to the group in between.
        if wire.was_ended || wire.groups[group] == In && !wire.touched[group] {
            return;
        }
        wire.groups[group] = match (wire.touched[group], possible < room, certain >= room) {
            (false, true, _) => In,
            (false, false, true) => wire.groups[group],
            _ => Unknown,
        };
    }

    /// The same for one by which it is to leave.
    pub(super) fn left(&mut self, number: usize, group: usize) {
        let wire = &mut self.wires[number];
        wire.groups[group] = if wire.touched[group] { Unknown } else { Out };
    }

    /// The members of a group at a worker, and whether they are for certain.
    pub(super) fn members(&self, worker: usize, group: usize) -> Vec<(usize, bool)> {
        let of_worker = (0..self.wires.len()).filter(|number| self.wires[*number].is_of(worker));
        let member = |number: usize| {
            let wire = &self.wires[number];
            match (wire.groups[group], wire.touched[group]) {
                (In, false) => Some((number, wire.is_served())),
                (Out, false) => None,
                _ => Some((number, false)),
            }
        };
        of_worker.filter_map(member).collect()
    }

    /// What the server has of a connection's groups, after all letters of the step.
    pub(super) fn compare_groups(&mut self, number: usize, found: [bool; GROUPS]) {
        for (group, is_in) in found.into_iter().enumerate() {
            let known = &mut self.wires[number].groups[group];
            match (*known, is_in) {
                (Unknown, true) => *known = In,
                (Unknown, false) => *known = Out,
                (In, true) | (Out, false) => {}
                (known, _) => {
                    self.violated(format!(
                        "client {number}: it should be {known} of group {group}, and is not"
                    ));
                }
            }
        }
    }

    /// How many memberships a worker's connections have, at least and at most.
    fn memberships(&self, worker: usize) -> (usize, usize) {
        let (mut certain, mut possible) = (0, 0);
        for wire in self.wires.iter().filter(|wire| wire.is_of(worker)) {
            for group in 0..GROUPS {
                let is_in = wire.groups[group] == In;
                certain += usize::from(is_in && wire.is_served() && !wire.touched[group]);
                possible += usize::from(is_in || wire.groups[group] == Unknown || wire.touched[group]);
            }
        }
        (certain, possible)
    }

    /// Whether no letter that changes groups waits, or may have been taken in this step.
    fn is_settled(&self, worker: usize) -> bool {
        let letters = &self.posts[worker].bag.letters;
        !letters.iter().any(|letter| matches!(letter, Letter::Join(..) | Letter::Leave(..)))
    }
}

impl std::fmt::Display for Membership {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            In => "in",
            Out => "out",
            Unknown => "in or out",
        })
    }
}
