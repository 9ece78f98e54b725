//! What was asked for by mail is done, connection by connection.

use std::time::Duration;

use super::delivery::{Errand, Step};
use super::{Turn, Worker};
use crate::doorbell::Wake;
use crate::net::Poll;
use crate::net::clock::Clock;
use crate::service::Service;

/// Connections that get mail in one round of the loop, so that a great many don't hold up the others.
pub(crate) const DELIVERIES: usize = 256;

impl<S: Service, P: Poll, C: Clock, W: Wake> Worker<S, P, C, W> {
    /// Does what was asked for by mail; goes on in the next round if that is very much.
    pub(super) fn deliver(&mut self) {
        for _ in 0..self.plan.deliveries {
            let (groups, slots) = (self.exchange.groups(), &self.slots);
            let (key, errand) = match self.delivery.next(groups, slots) {
                Step::Errand(key, errand) => (key, errand),
                Step::Nobody => continue,
                Step::Done => return,
            };
            if errand.is_answer() {
                self.exchange.settle();
            }
            let Some(connection) = self.slots.get_mut(key) else {
                self.mailbox.counters.pushes.gone.add(u64::from(errand.is_push()));
                self.mailbox.counters.unanswered.add(u64::from(errand.is_no_answer()));
                continue;
            };
            let mut turn = Turn::default();
            match errand {
                Errand::Push(message) => self.exchange.push(connection, &message),
                Errand::PushTo(user, message) => self.exchange.push_to(user, connection, message),
                Errand::Join(group) => self.exchange.join(connection, group),
                Errand::Leave(group) => {
                    self.exchange.groups().leave(key, group);
                }
                Errand::End(reason) => self.exchange.end(connection, reason),
                Errand::Kick(user) => self.exchange.kick(connection, user),
                Errand::Call(call) => self.exchange.called(connection, call),
                Errand::Answer(request, answer) => {
                    turn = self.exchange.answered(connection, request, answer);
                }
            }
            self.after(key, turn);
        }
    }

    /// Does all that was asked for until now, if that takes no longer than `until`.
    #[cold]
    pub(super) fn deliver_all(&mut self, until: Duration) {
        let last = self.delivery.last();
        while !self.delivery.is_done(last) && self.clock.now() < until {
            self.deliver();
        }
    }
}
