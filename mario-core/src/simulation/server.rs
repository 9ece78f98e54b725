//! The server of a simulation: its threads, and how it is told to end.

use std::mem::take;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::baton::Director;
use super::dice::Dice;
use super::groups::GROUPS;
use super::mail::Letter;
use super::others::Deed;
use super::pool::Threads;
use super::service::{COMMANDS, Theatre};
use super::settings::Settings;
use super::sockets::{SimBell, SimListener, SimPoll, SimStream, wire_of};
use super::world::{Backlog, Post, State, View, World};
use crate::mail::connections::Connections;
use crate::mail::mailbox::{Hand, Mailbox, way_of};
use crate::net::accepting::Acceptor;
use crate::net::admission::Arrival;
use crate::parts::name::Name;
use crate::server::crew::Orders;
use crate::server::master::Master;
use crate::service::pool::Hands;
use crate::stats::Door;
use crate::worker::{Found, Seat, Worker};

/// The workers, and the master if there is one, as they are; only their network and clock are not the system's.
pub(super) struct SimServer {
    world: World,
    pub(super) director: Director,
    pub(super) mailboxes: Vec<Arc<Mailbox<SimBell>>>,
    pub(super) doors: Vec<Arc<Door>>,
    pub(super) pool: Threads,
    connections: Connections,
    /// What stops the master.
    master: Option<Arc<AtomicBool>>,
}

/// How often one worker dies: it rests longer each time, and the master asks each millisecond whether it does yet.
const KILLS: u64 = 4;

/// Where a worker's connections come from.
enum Entrance {
    Hand(Hand<Arrival<SimStream>, SimBell>),
    Door((SimListener, Arc<Door>)),
}

impl SimServer {
    /// Makes the threads; none has begun.
    pub(super) fn new(world: &World, settings: &Settings, seed: u64) -> Self {
        let (pool, hands) = Hands::pool(settings.pool_queue);
        let theatre = Theatre { world: world.clone(), stx: settings.wording.stx, pool };
        let (orders, theatre) = settings.orders(theatre);
        let mailbox = |post| {
            let bell = SimBell { world: world.clone(), post };
            Arc::new(Mailbox::new(bell, orders.plan.room()))
        };
        let mailboxes: Vec<_> = (0..settings.workers).map(mailbox).collect();
        let mut server = SimServer {
            world: world.clone(),
            director: Director::new(),
            pool: Threads::new(hands, settings.pool_threads),
            connections: Connections::new::<Theatre, _>(settings.wording.stx, &mailboxes),
            mailboxes,
            doors: Vec::new(),
            master: None,
        };
        server.lay_out(settings, orders, Arc::new(theatre), seed);
        server
    }

    /// Does something to connections, as any thread may. They may be gone, or not yet there.
    pub(super) fn act(&self, dice: &mut Dice) {
        let clients = self.world.lock().wires.len();
        Deed::new(dice, clients).perform(&self.world, &self.connections);
    }

    /// The way to all connections, as any thread has it.
    pub(super) fn connections(&self) -> &Connections {
        &self.connections
    }

    /// Makes a worker die, as a fault of ours would.
    pub(super) fn kill(&self, dice: &mut Dice) {
        let worker = dice.below(self.mailboxes.len());
        if self.world.lock().posts[worker].kills < KILLS && self.connections.kill_worker(worker) {
            let mut state = self.world.lock();
            state.posts[worker].kills += 1;
            state.posted(worker, Letter::Die);
            state.note(format_args!("worker {worker} is to die"));
        }
    }

    /// Whether there is a worker that can't go on.
    pub(super) fn has_failed(&self) -> bool {
        self.mailboxes.iter().any(|mailbox| mailbox.has_failed())
    }

    /// Tells the server to end, as `ServerHandle::shutdown` does.
    pub(super) fn stop(&mut self) {
        let mut state = self.world.lock();
        let now = state.now;
        if state.orders.stop.is_some() {
            return;
        }
        state.orders.stop = Some(now);
        state.note(format_args!("the server is to end"));
        drop(state);
        match &self.master {
            Some(stop) => {
                stop.store(true, Ordering::Release);
                let mut state = self.world.lock();
                if let Some(master) = state.posts.last_mut() {
                    master.rung = true;
                }
            }
            None => self.mailboxes.iter().for_each(|mailbox| mailbox.drain()),
        }
    }

    /// Tells it the second time.
    pub(super) fn close(&mut self) {
        self.stop();
        let mut state = self.world.lock();
        let now = state.now;
        if state.orders.close.is_some() {
            return;
        }
        state.orders.close = Some(now);
        state.note(format_args!("the server is to close"));
        drop(state);
        self.mailboxes.iter().for_each(|mailbox| mailbox.stop());
    }

    fn lay_out(&mut self, settings: &Settings, orders: Orders<Theatre>, theatre: Arc<Theatre>, seed: u64) {
        let Orders { plan, admission, .. } = orders;
        let mut dealers = Vec::new();
        for (index, mailbox) in self.mailboxes.clone().into_iter().enumerate() {
            let (counters, mail) = (Arc::clone(&mailbox.counters), Some(Arc::clone(&mailbox.mail)));
            self.world.lock().posts.push(Post { counters, mail, ..Post::default() });
            let entrance = match settings.own_listeners {
                true => Entrance::Door(self.open_door(index)),
                false => {
                    let (dealer, hand) = way_of(settings.ring, settings.slots, &mailbox);
                    dealers.push(dealer);
                    Entrance::Hand(hand)
                }
            };
            let (world, theatre, plan) = (self.world.clone(), Arc::clone(&theatre), plan.clone());
            let (connections, admission) = (self.connections.clone(), Arc::clone(&admission));
            self.director.cast(move |actor| {
                world.enter(actor);
                fastrand::seed(seed + index as u64);
                let poll = SimPoll { world: world.clone(), post: index };
                let seat = Seat { index, mailbox, connections };
                let worker = Worker::new(seat, plan, theatre, COMMANDS, world.clone(), poll);
                let mut worker = worker.expect("there is memory");
                match entrance {
                    Entrance::Hand(hand) => worker.adopt_from(hand),
                    Entrance::Door((listener, counters)) => {
                        let acceptor = Acceptor::new(listener, counters, admission);
                        worker.accept_from(acceptor).expect("it can be watched");
                    }
                }
                serve(worker, &world, index);
            });
        }
        if !settings.own_listeners {
            self.world.lock().posts.push(Post::default());
            let (listener, counters) = self.open_door(settings.workers);
            let stop = Arc::new(AtomicBool::new(false));
            self.master = Some(Arc::clone(&stop));
            let world = self.world.clone();
            self.director.cast(move |actor| {
                world.enter(actor);
                let master = Master::new(world, listener, dealers, counters, admission, stop);
                master.run().expect("the world can always be waited for");
            });
        }
    }

    /// A listener more, whose thread is at this post, and what it counts in.
    fn open_door(&mut self, post: usize) -> (SimListener, Arc<Door>) {
        let (world, counters) = (self.world.clone(), Arc::new(Door::default()));
        let door = self.doors.len();
        world.lock().doors.push(Backlog { post, ..Backlog::default() });
        self.doors.push(Arc::clone(&counters));
        (SimListener { world, door }, counters)
    }
}

/// What a worker's thread does, looking at the worker after each step.
fn serve(mut worker: Worker<Theatre, SimPoll, World, SimBell>, world: &World, post: usize) {
    let result = worker.serve(|worker| watch(worker, world, post));
    let mut state = world.lock();
    state.posts[post].views.clear();
    state.posts[post].questions.clear();
    state.settle(post, worker.delivered());
    state.end_step(post);
    drop(state);
    // One that has failed is dropped with all that it has.
    if result.is_ok()
        && let Err(fault) = worker.is_clear()
    {
        world.lock().violated(format!("worker {post} has ended: {fault}"));
    }
}

/// Writes down what the worker has of each connection, and what has come of its letters.
fn watch(worker: &mut Worker<Theatre, SimPoll, World, SimBell>, world: &World, post: usize) {
    let (found, delivered) = (worker.audit(), worker.delivered());
    let found = found.map(|found| {
        let mut is_in = |key, group: usize| worker.is_member(key, Name::from(group as u64));
        let with_groups = |found: Found| {
            let mut groups = [false; GROUPS];
            groups.iter_mut().enumerate().for_each(|(group, is_member)| *is_member = is_in(found.key, group));
            (found, groups)
        };
        found.into_iter().map(with_groups).collect::<Vec<_>>()
    });
    let mut state = world.lock();
    state.posts[post].deaths = state.posts[post].counters.deaths.get();
    match found {
        Ok(found) => state.see(post, &found),
        Err(fault) => state.violated(format!("worker {post}: {fault}")),
    }
    state.settle(post, delivered);
    state.answers(post);
    for view in state.posts[post].views.clone() {
        if state.wires[view.wire].is_served() {
            state.compare_groups(view.wire, view.groups);
        }
    }
    state.end_step(post);
}

impl State {
    fn see(&mut self, post: usize, found: &[(Found, [bool; GROUPS])]) {
        let State { posts, wires, now, .. } = self;
        // What these ask for is done before the worker waits, and looked at only when it has waited.
        let has_letters = posts[post].mail.as_ref().is_some_and(|mail| mail.queued() > 0);
        let views = &mut posts[post].views;
        let before = take(views);
        views.extend(found.iter().map(|(found, groups)| {
            let wire = wire_of(found.peer);
            let known = before.iter().find(|view| view.wire == wire);
            let its = &mut wires[wire];
            its.is_seen = !has_letters;
            // Who was held when the step began has been until now.
            if found.held || known.is_some_and(|view| view.held) {
                its.held = Some(*now);
            }
            if !found.held {
                // All that was read.
                its.has_handled(its.frames(its.read), *now);
            }
            let since = known.and_then(|view| view.since).unwrap_or(*now);
            let since = (found.output > 0).then_some(since);
            let dry = if found.output > 0 { known.map_or(its.began, |view| view.dry) } else { *now };
            let Found { held, throttled, awaits, output, .. } = *found;
            let written = its.written;
            let same = known.filter(|view| (view.output, view.written) == (output, written));
            let steady = same.map_or(0, |view| view.steady + 1);
            View { wire, held, throttled, awaits, output, written, steady, since, dry, groups: *groups }
        }));
    }

    /// A worker has made a step: who has ended in it is in no group, and nobody's.
    fn end_step(&mut self, post: usize) {
        self.posts[post].steps = [self.posts[post].steps[1], self.now];
        for number in 0..self.wires.len() {
            if !self.wires[number].is_of(post) {
                continue;
            }
            let held = self.posts[post].views.iter().any(|view| view.wire == number && view.held);
            let wire = &mut self.wires[number];
            (wire.touched, wire.was_served) = (Default::default(), wire.is_served());
            (wire.rebound, wire.was_ended) = (false, wire.life.ended.is_some());
            wire.was_gone = wire.closed.is_some();
            wire.calm = (!held).then_some(wire.written);
            if !wire.was_served {
                wire.life.kept.is_forgotten();
            } else if !held {
                wire.life.kept.is_released();
            }
            if wire.life.ended.is_some() {
                wire.groups = Default::default();
                self.unbound(number);
            }
        }
    }
}
