//! One round of the loop: all that is not an event, the wait, and what becomes of events.

use std::time::Duration;

use super::entrance::Entrance;
use super::{Drain, EXPIRIES, Turn, Worker};
use crate::doorbell::Wake;
use crate::mail::mailbox::Course;
use crate::net::clock::Clock;
use crate::net::{LISTENER, Poll, Ready};
use crate::parts::slots::Key;
use crate::service::Service;
use crate::service::timers::Due;

impl<S: Service, P: Poll, C: Clock, W: Wake> Worker<S, P, C, W> {
    /// All that is not an event; true once the worker is done.
    pub(super) fn round(&mut self) -> bool {
        self.admit_all();
        if self.delivery.has_letters() {
            self.deliver();
        }
        self.look();
        for _ in 0..self.again.len() {
            if let Some(key) = self.again.pop_front() {
                self.turn_again(key);
            }
        }
        if self.now >= self.next_sweep {
            self.sweep();
        }
        self.resume_all();
        self.tick();
        self.call_due();
        if self.mailbox.course() > self.course {
            self.change_course();
        }
        if self.course == Course::Drain {
            self.let_go();
        }
        let is_empty = self.slots.is_empty() && !self.entrance.has_work();
        self.give_up.is_some_and(|at| is_empty || self.now >= at)
    }

    /// Waits for events, or for the next thing that is due.
    pub(super) fn wait(&mut self, events: &mut P::Events) {
        self.exchange.publish(self.slots.len());
        self.mailbox.counters.round_times.add(self.clock.now().saturating_sub(self.now));
        let sweep = (!self.slots.is_empty()).then_some(self.next_sweep);
        let drain = self.drain.as_ref().filter(|_| self.course == Course::Drain).map(Drain::next_sweep);
        let timer = self.exchange.timers().next();
        let resume = self.exchange.next_resume();
        let others = [self.next_tick, timer, drain, resume, self.give_up, self.entrance.due()];
        let timeout = others.into_iter().fold(sweep, earlier).map(|at| at.saturating_sub(self.now));
        let Worker { mailbox, entrance, delivery, look, again, course, poll, .. } = self;
        let has_work = || {
            !again.is_empty()
                || look.is_some()
                || entrance.has_work()
                || delivery.has_work()
                || mailbox.course() > *course
        };
        let waited = mailbox.doorbell.sleep(has_work, |may_block| {
            poll.wait(events, if may_block { timeout } else { Some(Duration::ZERO) })
        });
        if let Err(error) = waited {
            let text = format_args!("worker {}: waiting for events failed: {error}", self.index);
            self.deaf.error(self.now, text);
        }
    }

    #[inline]
    pub(super) fn turn(&mut self, ready: Ready) {
        if let Some(connection) = self.slots.get_mut(ready.key) {
            let turn = self.exchange.turn(connection, ready);
            self.after(ready.key, turn);
        } else if ready.key == LISTENER
            && let Entrance::Door(door) = &mut self.entrance
        {
            door.knock();
        }
    }

    /// The turn of a connection that had more to read.
    fn turn_again(&mut self, key: Key) {
        if let Some(connection) = self.slots.get_mut(key) {
            connection.link.queued = false;
            self.turn(Ready { key, readable: true, writable: false, read_closed: false });
        }
    }

    fn tick(&mut self) {
        if let (Some(at), Some(period)) = (self.next_tick, self.plan.tick)
            && self.now >= at
        {
            self.next_tick = Some((at + period).max(self.now));
            self.exchange.hook("tick", self.index, self.slots.len(), S::tick);
        }
    }

    /// Does what timers are due for; goes on in the next round if there are very many.
    fn call_due(&mut self) {
        for _ in 0..EXPIRIES {
            match self.exchange.timers().due() {
                Some(Due::Conn(key, call)) => {
                    if let Some(connection) = self.slots.get_mut(key) {
                        self.exchange.call(connection, call);
                        self.after(key, Turn::default());
                    }
                }
                Some(Due::Worker(call)) => {
                    self.exchange.hook("timer's", self.index, self.slots.len(), call);
                }
                None => return,
            }
        }
    }

    /// Reads on where connections had been too fast; goes on in the next round if there are very many.
    fn resume_all(&mut self) {
        for _ in 0..EXPIRIES {
            let Some(slot) = self.exchange.resumed(self.now) else { return };
            let Some(key) = self.slots.key_at(slot) else { continue };
            if let Some(connection) = self.slots.get_mut(key) {
                let turn = self.exchange.resume(connection);
                self.after(key, turn);
            }
        }
    }
}

/// The earlier of what may be due. Folded with, it takes half of the instructions that `flatten` and `min` do.
#[inline]
fn earlier(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
