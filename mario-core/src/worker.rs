//! The loop of a worker thread: wait, serve, expire, tick.

pub(crate) mod exchange;

mod admission;
#[cfg(any(test, fuzzing))]
mod audit;
mod course;
mod delivery;
mod drain;
mod entrance;
mod errands;
mod expiry;
mod plan;
mod revival;
mod round;
mod survey;

use std::collections::{TryReserveError, VecDeque};
use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use crate::doorbell::Wake;
use crate::mail::connections::Connections;
use crate::mail::mailbox::{Course, Hand, Mailbox};
use crate::net::Poll;
use crate::net::accepting::Acceptor;
use crate::net::admission::Arrival;
use crate::net::clock::Clock;
use crate::panics::Panic;
use crate::parts::deadlines::Deadlines;
use crate::parts::slots::{Key, Slots};
use crate::reason::Reason;
use crate::service::Service;
use crate::service::dispatch::Commands;
use crate::stats::notice::Notice;
use crate::worker::exchange::{Connection, Exchange, Turn};
#[cfg(any(test, fuzzing))]
pub(crate) use audit::Found;
#[cfg(any(test, fuzzing))]
pub(crate) use delivery::Delivered;
use delivery::Delivery;
use drain::Drain;
use entrance::{Door, Entrance};
pub(crate) use errands::DELIVERIES;
pub(crate) use expiry::{Patience, Ping};
pub(crate) use plan::Plan;
use revival::Deaths;
pub(crate) use survey::LOOKS;
use survey::Look;

/// Events taken from the system at once.
const EVENTS: usize = 1024;

/// What they take: an event of epoll has 12 bytes, one of kqueue 32.
pub(crate) fn events_bytes() -> usize {
    EVENTS * if cfg!(target_os = "linux") { 12 } else { 32 }
}

/// Connections that expire, or go in a drain, in one round of the loop, so that a great many don't hold up the others.
const EXPIRIES: usize = 1024;

/// A worker's place among the others.
pub(crate) struct Seat<W: Wake> {
    pub(crate) index: usize,
    pub(crate) mailbox: Arc<Mailbox<W>>,
    /// All of the server.
    pub(crate) connections: Connections,
}

/// A worker, with all that it owns.
pub(crate) struct Worker<S: Service, P: Poll, C, W: Wake> {
    index: usize,
    plan: Plan,
    clock: C,
    poll: P,
    mailbox: Arc<Mailbox<W>>,
    entrance: Entrance<P, W>,
    delivery: Delivery,
    /// A survey that has begun.
    look: Option<Look>,
    slots: Slots<Connection<S, P::Stream>>,
    exchange: Exchange<S>,
    /// When a connection that sends nothing expires.
    idle: Deadlines,
    /// When a connection that takes nothing expires, or one that lingers.
    stalled: Deadlines,
    /// When one that was not admitted expires, if that has a limit.
    logins: Option<Deadlines>,
    /// Connections whose turn ended before their input did.
    again: VecDeque<Key>,
    now: Duration,
    next_sweep: Duration,
    next_tick: Option<Duration>,
    course: Course,
    /// Used only while the course is to drain.
    drain: Option<Drain>,
    /// Set once the server shuts down: when to give up on what is not flushed.
    give_up: Option<Duration>,
    /// When it died.
    deaths: Deaths,
    /// Waiting for events failed.
    deaf: Notice,
    /// A connection can't be watched.
    unwatched: Notice,
    /// Connections that the shutdown had to drop with output unsent.
    unflushed: usize,
}

impl<S: Service, P: Poll, C: Clock, W: Wake> Worker<S, P, C, W> {
    /// Lays out all that the worker will need, or says that so much memory can't be had.
    pub(crate) fn new(
        seat: Seat<W>,
        plan: Plan,
        service: Arc<S>,
        commands: Commands<S>,
        clock: C,
        poll: P,
    ) -> Result<Self, TryReserveError> {
        let Seat { index, mailbox, connections } = seat;
        let now = clock.now();
        let mut locals = plan.locals(connections, Arc::clone(&mailbox.counters))?;
        mailbox.counters.slots.set_capacity(plan.connections);
        locals.timers.set_now(now);
        let shared = (Arc::clone(&mailbox.counters), Arc::clone(&mailbox.mail));
        let delivery = Delivery::new(Arc::clone(&mailbox.mail));
        let mut again = VecDeque::new();
        again.try_reserve_exact(plan.connections)?;
        Ok(Worker {
            index,
            slots: Slots::new(plan.connections)?,
            exchange: Exchange::new(service, commands, &plan.rules, locals, shared)?,
            idle: Deadlines::new(plan.connections)?,
            stalled: Deadlines::new(plan.connections)?,
            logins: plan.logins()?,
            again,
            now,
            next_sweep: now,
            next_tick: plan.tick.map(|tick| now + tick),
            course: Course::Serve,
            drain: plan.drain.map(|window| Drain::new(window, plan.connections)).transpose()?,
            give_up: None,
            deaths: Deaths::default(),
            deaf: Notice::default(),
            unwatched: Notice::default(),
            unflushed: 0,
            plan,
            clock,
            poll,
            mailbox,
            entrance: Entrance::Closed,
            delivery,
            look: None,
        })
    }

    /// From now on the worker takes what the master deals.
    pub(crate) fn adopt_from(&mut self, hand: Hand<Arrival<P::Stream>, W>) {
        self.entrance = Entrance::Hand(hand);
    }

    /// From now on the worker accepts for itself.
    pub(crate) fn accept_from(&mut self, mut acceptor: Acceptor<P::Listener>) -> io::Result<()> {
        self.poll.watch(&mut acceptor.listener)?;
        self.entrance = Entrance::Door(Door::new(acceptor));
        Ok(())
    }

    /// Serves until the server shuts down. The answer is how many connections had to be dropped with output unsent.
    pub(crate) fn run(mut self) -> usize {
        let result = self.serve(|_| {});
        // Before anything unwinds, as the service's state may panic too when it is dropped.
        self.exchange.retire();
        result.unwrap_or_else(|panic| resume_unwind(Box::new(panic.to_string())))
    }

    /// The same, with a look `between` any two steps. It is an error if the worker has died and can't begin anew.
    pub(crate) fn serve(&mut self, mut between: impl FnMut(&mut Self)) -> Result<usize, Panic> {
        self.begin();
        let mut events = P::events(EVENTS);
        while self.survive(|worker| worker.step(&mut events))? {
            between(self);
        }
        Ok(self.end())
    }

    /// To be called once, before the first step.
    pub(crate) fn begin(&mut self) {
        self.exchange.hook("started", self.index, 0, S::started);
    }

    /// Once around the loop; false once the worker is done.
    #[inline]
    pub(crate) fn step(&mut self, events: &mut P::Events) -> bool {
        if self.round() {
            return false;
        }
        self.mailbox.counters.rounds.add(1);
        self.wait(events);
        self.now = self.clock.now();
        self.exchange.timers().set_now(self.now);
        for ready in P::ready(events) {
            self.turn(ready);
        }
        true
    }

    /// To be called once, after the last step. The answer is how many connections had to be dropped with output unsent.
    pub(crate) fn end(&mut self) -> usize {
        self.drop_all();
        self.delivery.end();
        self.mailbox.end();
        // The master may have dealt some before it knew.
        while let Entrance::Hand(hand) = &mut self.entrance
            && let Some((_, _, slot)) = hand.next()
        {
            slot.ends(Reason::ShutDown);
        }
        self.exchange.publish(self.slots.len());
        self.unflushed
    }

    /// The connection of `key`.
    pub(crate) fn connection(&mut self, key: Key) -> Option<&mut Connection<S, P::Stream>> {
        self.slots.get_mut(key)
    }

    /// What the service keeps for this worker.
    pub(crate) fn state(&mut self) -> &mut S::Worker {
        self.exchange.worker()
    }
}

#[cfg(test)]
mod tests;
