//! Pushes of which the latest is kept for a peer that reads too slowly, as the model has them.

use super::mail::Push;
use super::others::TOPICS;
use super::world::State;
use crate::link::outbox::Keeping;

/// What is known of one connection's, by what they are about.
#[derive(Default)]
pub(super) struct Kept {
    /// How many bytes may wait aside.
    aside: [usize; TOPICS],
    /// The latest that was sent, or is kept for certain.
    pub(super) latest: [u32; TOPICS],
    /// The client gets this one, or a later one.
    pub(super) must: [u32; TOPICS],
}

/// More than a message takes beside its frame.
const BESIDE: usize = 100;

impl Kept {
    /// Nothing waits aside any more, as nothing keeps it.
    pub(super) fn is_released(&mut self) {
        self.aside = [0; TOPICS];
        self.must = self.latest;
    }

    /// It will not come.
    pub(super) fn is_forgotten(&mut self) {
        self.aside = [0; TOPICS];
    }

    fn count(&self) -> usize {
        self.aside.iter().filter(|bytes| **bytes > 0).count()
    }
}

impl State {
    /// A connection may keep this one from now on; whether there is room for that in any case.
    pub(super) fn keeps(&mut self, number: usize, push: &Push) -> bool {
        let place = &mut self.wires[number].life.kept.aside[push.topic];
        *place = (*place).max(push.frame.len() + BESIDE);
        let worker = self.wires[number].place.map(|place| place.worker);
        let others = self.wires.iter().filter(|wire| wire.place.map(|place| place.worker) == worker);
        let (mut further, mut bytes) = (0, 0);
        for kept in others.map(|wire| &wire.life.kept) {
            further += kept.count().saturating_sub(1);
            bytes += kept.aside.iter().sum::<usize>();
        }
        let count = self.wires[number].life.kept.count();
        let Keeping { each, bytes: most } = self.settings.keeping;
        bytes <= most && (count == 1 || count <= each && further <= self.settings.slots)
    }
}
