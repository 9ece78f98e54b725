//! A worker whose loop has panicked begins anew: a fault of ours costs its connections, not the server.

use std::collections::TryReserveError;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::Worker;
use super::drain::Drain;
use super::entrance::Entrance;
use crate::clock::Clock;
use crate::deadlines::Deadlines;
use crate::doorbell::Wake;
use crate::link::{ConnId, Phase};
use crate::mailbox::Course;
use crate::net::Poll;
use crate::panics::{Panic, caught};
use crate::reason::Reason;
use crate::service::Service;

/// So many deaths within [`PERIOD`] are no accident.
const DEATHS: usize = 3;

/// How long a death is remembered.
const PERIOD: Duration = Duration::from_secs(60);

/// When a worker died.
#[derive(Default)]
pub(super) struct Deaths(VecDeque<Duration>);

impl Deaths {
    /// Notes one; whether there were too many of late.
    fn note(&mut self, now: Duration) -> bool {
        self.0.retain(|death| now.saturating_sub(*death) < PERIOD);
        self.0.push_back(now);
        self.0.len() >= DEATHS
    }
}

impl<S: Service, P: Poll, C: Clock, W: Wake> Worker<S, P, C, W> {
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
        if self.deaths.note(self.now) {
            log::error!("worker {} dies over and over: the server shuts down", self.index);
            return false;
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
