//! The loop of a worker thread: wait, serve, expire, tick.

pub(crate) mod exchange;

#[cfg(any(test, fuzzing))]
mod audit;
mod course;
mod delivery;
mod drain;
mod entrance;
mod expiry;
mod plan;
mod revival;
mod survey;

use std::collections::{TryReserveError, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use crate::doorbell::Wake;
use crate::link::{ConnId, Link, Phase};
use crate::mail::connections::Connections;
use crate::mail::mailbox::{Course, Hand, Mailbox, Promised};
use crate::net::accepting::{Accepted, Acceptor};
use crate::net::admission::Arrival;
use crate::net::clock::Clock;
use crate::net::{LISTENER, Poll, Ready};
use crate::panics::{Panic, caught};
use crate::parts::deadlines::Deadlines;
use crate::parts::slots::{Key, Slots};
use crate::reason::Reason;
use crate::service::Service;
use crate::service::dispatch::Commands;
use crate::service::timers::Due;
use crate::stats::notice::Notice;
use crate::worker::exchange::{Connection, Exchange, Turn};
#[cfg(any(test, fuzzing))]
pub(crate) use audit::Found;
#[cfg(any(test, fuzzing))]
pub(crate) use delivery::Delivered;
use delivery::{Delivery, Errand, Step};
use drain::Drain;
use entrance::{Door, Entrance};
pub(crate) use expiry::{Patience, Ping};
pub(crate) use plan::Plan;
use revival::Deaths;
use survey::Look;

/// Events taken from the system at once.
const EVENTS: usize = 1024;

/// What they take: an event of epoll has 12 bytes, one of kqueue 32.
pub(crate) fn events_bytes() -> usize {
    EVENTS * if cfg!(target_os = "linux") { 12 } else { 32 }
}

/// How long a closed connection may go on sending before it is dropped.
const LINGER: Duration = Duration::from_secs(1);

/// Connections that are accepted in one round of the loop, so that a great many don't hold up the others.
const ACCEPTS: usize = 64;

/// Connections that get mail in one round of the loop, so that a great many don't hold up the others.
pub(crate) const DELIVERIES: usize = 256;

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
    entrance: Entrance<P>,
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
    pub(crate) fn adopt_from(&mut self, hand: Hand<Arrival<P::Stream>>) {
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

    /// Does a step; if that panics, the worker begins anew. If it can't, that is an error, and the server will end.
    fn survive(&mut self, step: impl FnOnce(&mut Self) -> bool) -> Result<bool, Panic> {
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
            && hand.next().is_some()
        {
            self.turn_away(Promised::at(&self.mailbox), Reason::ShutDown);
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

    /// All that is not an event; true once the worker is done.
    fn round(&mut self) -> bool {
        self.admit_all();
        self.deliver();
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
    fn wait(&mut self, events: &mut P::Events) {
        self.exchange.publish(self.slots.len());
        self.mailbox.counters.round_times.add(self.clock.now().saturating_sub(self.now));
        let sweep = (!self.slots.is_empty()).then_some(self.next_sweep);
        let drain = self.drain.as_ref().filter(|_| self.course == Course::Drain).map(Drain::next_sweep);
        let timer = self.exchange.timers().next();
        let resume = self.exchange.next_resume();
        let due = [sweep, self.next_tick, timer, drain, resume, self.give_up, self.entrance.due()];
        let timeout = due.into_iter().flatten().min().map(|at| at.saturating_sub(self.now));
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

    /// Gives the connections that have come their slots.
    fn admit_all(&mut self) {
        match self.entrance {
            Entrance::Hand(_) => self.adopt(),
            Entrance::Door(_) => self.accept(),
            Entrance::Closed => {}
        }
    }

    /// Takes what the master has dealt; slots are promised.
    fn adopt(&mut self) {
        while let Entrance::Hand(hand) = &mut self.entrance
            && let Some((arrival, peer)) = hand.next()
        {
            if self.course == Course::Close {
                self.turn_away(Promised::at(&self.mailbox), Reason::ShutDown);
                continue;
            }
            self.admit(arrival, peer);
        }
    }

    /// Accepts what waits; goes on in the next round if there are very many.
    fn accept(&mut self) {
        for _ in 0..ACCEPTS {
            let Entrance::Door(door) = &mut self.entrance else { return };
            let (arrival, peer) = match door.next(self.now) {
                Accepted::Connection(arrival, peer) => (arrival, peer),
                Accepted::Refused => continue,
                Accepted::Nothing | Accepted::Pause(_) => return,
            };
            if self.slots.is_full() {
                door.acceptor.refused(peer, self.now);
                continue;
            }
            door.acceptor.admitted(self.now);
            self.mailbox.promise();
            self.admit(arrival, peer);
        }
    }

    /// Does what was asked for by mail; goes on in the next round if that is very much.
    #[inline]
    fn deliver(&mut self) {
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
    fn deliver_all(&mut self, until: Duration) {
        let last = self.delivery.last();
        while !self.delivery.is_done(last) && self.clock.now() < until {
            self.deliver();
        }
    }

    /// Gives a connection the slot that it was promised.
    fn admit(&mut self, arrival: Arrival<P::Stream>, peer: SocketAddr) {
        let promised = Promised::at(&self.mailbox);
        let Arrival { stream, ticket } = arrival;
        let session = match caught(S::Session::default) {
            Ok(session) => session,
            Err(panic) => {
                self.mailbox.counters.panicked();
                log::error!("Session::default panicked, the connection from {peer} is closed: {panic}");
                return self.turn_away(promised, Reason::Panicked);
            }
        };
        let index = self.index;
        let make = |key| Connection::new(stream, Link::new(ConnId::new(index, key), peer), session);
        let Some(key) = self.slots.insert_with(make) else {
            log::error!("worker {index} was dealt more connections than it has slots");
            return self.turn_away(promised, Reason::Overflow);
        };
        promised.keep();
        let Some(connection) = self.slots.get_mut(key) else { return };
        if let Err(error) = self.poll.register(connection.stream(), key) {
            let text = format_args!("worker {index}: the connection from {peer} can't be watched: {error}");
            self.unwatched.error(self.now, text);
            self.mailbox.counters.ends(Reason::Error(error.kind()));
            self.remove(key);
            return;
        }
        self.exchange.take_in(key.index, ticket);
        if self.plan.greeting.is_some() {
            connection.link.enter(Phase::Greeting);
        } else {
            self.exchange.connect(connection);
        }
        self.expect(key);
        if self.course == Course::Drain
            && let Some(drain) = &mut self.drain
        {
            drain.join(key, self.now);
        }
        self.after(key, Turn::default());
    }

    /// A connection does not get the slot that it was promised.
    #[cold]
    fn turn_away(&self, promised: Promised<W>, reason: Reason) {
        self.mailbox.counters.ends(reason);
        drop(promised);
    }

    #[inline]
    fn turn(&mut self, ready: Ready) {
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

    #[cold]
    fn remove(&mut self, key: Key) {
        self.expect_nothing(key);
        if let Some(connection) = self.slots.remove(key) {
            self.exchange.let_go(&connection);
            let dropped = caught(|| drop(connection));
            self.mailbox.free();
            if let Err(panic) = dropped {
                self.mailbox.counters.panicked();
                log::error!("the drop of a session panicked: {panic}");
            }
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

#[cfg(test)]
mod tests;
