//! A worker whose loop has panicked begins anew: a fault of ours costs its connections, not the server. If it happens over
//! and over, as somebody may know how to cause it, it begins anew less and less often, and the others go on.

use std::collections::TryReserveError;
use std::sync::Arc;
use std::time::Duration;

use super::Worker;
use super::drain::Drain;
use super::entrance::Entrance;
use crate::doorbell::Wake;
use crate::link::{ConnId, Phase};
use crate::mail::mailbox::Course;
use crate::net::Poll;
use crate::net::clock::Clock;
use crate::panics::{Panic, caught};
use crate::parts::deadlines::Deadlines;
use crate::reason::Reason;
use crate::service::Service;

/// So many deaths in a row may be accidents.
const ACCIDENTS: u32 = 2;

/// Who has lived for so long has no death before it in its row.
const LIFE: Duration = Duration::from_secs(60);

/// How long a worker rests before it begins anew, once there are more: doubled each time, up to the second.
const REST: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(60)];

/// The deaths of a worker, in a row.
#[derive(Default)]
pub(super) struct Deaths {
    count: u32,
    /// When its last life began.
    birth: Option<Duration>,
}

impl Deaths {
    /// Notes one. The answer is how long the worker has to rest.
    fn note(&mut self, now: Duration) -> Duration {
        if self.birth.is_some_and(|birth| now.saturating_sub(birth) >= LIFE) {
            self.count = 0;
        }
        self.count += 1;
        let [shortest, longest] = REST;
        let rest = match self.count.checked_sub(ACCIDENTS + 1) {
            None => Duration::ZERO,
            Some(doublings) => shortest.saturating_mul(2u32.saturating_pow(doublings)).min(longest),
        };
        self.birth = Some(now + rest);
        rest
    }
}

impl<S: Service, P: Poll, C: Clock, W: Wake> Worker<S, P, C, W> {
    /// Does a step; if that panics, the worker begins anew. If it can't, that is an error, and the server will end.
    pub(super) fn survive(&mut self, step: impl FnOnce(&mut Self) -> bool) -> Result<bool, Panic> {
        caught(|| step(self)).or_else(|panic| match caught(|| self.revive(&panic)) {
            Ok(true) => Ok(true),
            Ok(false) => {
                self.mailbox.fail();
                Err(panic)
            }
            Err(another) => {
                log::error!("worker {} can't be started again: {another}", self.index);
                self.mailbox.fail();
                Err(another)
            }
        })
    }

    /// Ends all connections, and begins anew with fresh memory and a fresh state of the service's; where connections
    /// come from stays, and so do the generations of the slots. Whether it could.
    #[cold]
    pub(super) fn revive(&mut self, panic: &Panic) -> bool {
        self.mailbox.counters.deaths.add(1);
        log::error!(
            "worker {} has died, its {} connections are closed: {panic}",
            self.index,
            self.slots.len()
        );
        self.bury();
        self.exchange.publish(self.slots.len());
        self.now = self.clock.now();
        let rest = self.deaths.note(self.now);
        if !rest.is_zero() {
            self.rest(rest);
        }
        if let Err(error) = self.renew() {
            log::error!("worker {} can't be started again: {error}", self.index);
            return false;
        }
        // If it has changed before, it does again, for what is new.
        self.course = Course::Serve;
        if let Entrance::Door(door) = &mut self.entrance {
            // The event that told of those who wait may have gone with the life before.
            door.knock();
        }
        self.begin();
        log::info!("worker {} is started again", self.index);
        true
    }

    /// Takes no connections for a while, unless the server ends.
    fn rest(&mut self, time: Duration) {
        log::error!("worker {} dies over and over: it rests for {time:?}", self.index);
        self.mailbox.set_resting(true);
        let (end, mut events) = (self.now + time, P::events(1));
        let Worker { mailbox, poll, clock, course, .. } = self;
        while let Some(left) = end.checked_sub(clock.now()).filter(|left| !left.is_zero())
            && mailbox.course() <= *course
        {
            let waited = mailbox.doorbell.sleep(
                || mailbox.course() > *course,
                |may_block| poll.wait(&mut events, Some(if may_block { left } else { Duration::ZERO })),
            );
            if waited.is_err() {
                break;
            }
        }
        mailbox.set_resting(false);
        self.now = self.clock.now();
    }

    /// Reports and drops all connections, as far as that is possible with what the panic has left.
    fn bury(&mut self) {
        for key in self.slots.keys() {
            let ended = caught(|| {
                if let Some(connection) = self.slots.get_mut(key) {
                    self.exchange.end(connection, Reason::WorkerDied);
                }
            });
            if let Err(panic) = ended {
                log::error!("connection {} can't be reported: {panic}", ConnId::new(self.index, key));
                let phase = self.slots.get_mut(key).map(|connection| connection.link.phase());
                if matches!(phase, Some(Phase::Greeting | Phase::Open)) {
                    self.mailbox.counters.ends(Reason::WorkerDied);
                }
            }
            self.exchange.forget(ConnId::new(self.index, key));
            self.remove(key);
        }
    }

    fn renew(&mut self) -> Result<(), TryReserveError> {
        let slots = self.plan.connections;
        let counters = Arc::clone(&self.mailbox.counters);
        let locals = self.plan.locals(self.exchange.connections(), counters)?;
        let renewed = self.exchange.renewed(&self.plan.rules, locals)?;
        std::mem::replace(&mut self.exchange, renewed).retire();
        self.drain = self.plan.drain.map(|window| Drain::new(window, slots)).transpose()?;
        self.idle = Deadlines::new(slots)?;
        self.stalled = Deadlines::new(slots)?;
        self.logins = self.plan.logins()?;
        self.again.clear();
        // The letters that wait may be for those who come.
        self.delivery.give_up();
        self.look = None;
        self.next_sweep = self.now;
        self.next_tick = self.plan.tick.map(|tick| self.now + tick);
        self.exchange.timers().set_now(self.now);
        Ok(())
    }
}
