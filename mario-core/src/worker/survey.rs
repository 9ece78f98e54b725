//! Looks for the connections for which most waits: some slots in each round, so that nobody waits for it.

use crate::doorbell::Wake;
use crate::link::Link;
use crate::mail::connections::{SlowConnection, Survey, worst};
use crate::net::Poll;
use crate::net::clock::Clock;
use crate::service::Service;

use super::Worker;

/// Slots that are looked at in one round of the loop, so that nobody waits for it.
pub(crate) const LOOKS: u32 = 1024;

/// A survey that has begun.
pub(super) struct Look {
    survey: Survey,
    /// The slot to go on with.
    next: u32,
    found: Vec<SlowConnection>,
}

impl<S: Service, P: Poll, C: Clock, W: Wake> Worker<S, P, C, W> {
    /// Goes on with the survey that has begun, or begins the next.
    #[inline]
    pub(super) fn look(&mut self) {
        if self.look.is_some() || self.delivery.has_surveys() {
            self.look_on();
        }
    }

    #[cold]
    fn look_on(&mut self) {
        let begin = |survey| Look { survey, next: 0, found: Vec::new() };
        let Some(mut look) = self.look.take().or_else(|| self.delivery.survey().map(begin)) else { return };
        let end = look.next.saturating_add(self.plan.looks);
        for slot in look.next..end.min(self.slots.high_water()) {
            look.found.extend(self.slow_at(slot));
            if look.found.len() >= look.survey.most.saturating_mul(2).max(LOOKS as usize) {
                look.found = worst(look.found, look.survey.most);
            }
        }
        look.next = end;
        if end < self.slots.high_water() {
            self.look = Some(look);
        } else {
            // Nobody waits for it who has lost patience.
            let _ = look.survey.answer.send(worst(look.found, look.survey.most));
        }
    }

    /// The connection in this slot, if output waits for it.
    fn slow_at(&mut self, slot: u32) -> Option<SlowConnection> {
        let key = self.slots.key_at(slot)?;
        let Link { id, peer, ref output, .. } = self.slots.get_mut(key)?.link;
        let left = self.stalled.left(slot, self.now)?;
        let stalled_for = self.plan.write_timeout.saturating_sub(left);
        let user = self.exchange.user(id);
        let peer = peer.addr();
        (!output.is_empty()).then(|| SlowConnection { id, peer, user, waiting: output.len(), stalled_for })
    }
}
