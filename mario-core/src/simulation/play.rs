//! Who goes on: a thread of the server, a client, or the clock; until all is over.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::checks;
use super::client::{Act, Client};
use super::dice::Dice;
use super::server::SimServer;
use super::settings::Settings;
use super::setup::Setup;
use super::trace::{Detail, Trace};
use super::watchdog::Watchdog;
use super::world::{Orders, Rest, State, World};
use crate::mail::mailbox::Mailbox;

/// A server with its clients, from before the first step to after the last.
pub(super) struct Play {
    world: World,
    server: SimServer,
    watchdog: Watchdog,
    clients: Vec<Client>,
    /// After how many steps the server is told to end, and then to close; otherwise when nothing is left to do.
    stop_at: Option<usize>,
    close_at: Option<usize>,
}

/// The most that a client's bytes take in the network.
const WINDOW: usize = 200_000;

/// More steps than any run needs.
const STEPS: usize = 400_000;

/// How many steps others do something for, and workers are kept from going on; for ever, and who reads slowly would never
/// be done.
const DEEDS: usize = 2_000;

/// What can go on.
#[derive(Clone, Copy, Debug)]
enum Next {
    Thread(usize),
    Act(usize),
    Read(usize),
    /// Of the requests that are answered later.
    Answer(usize),
    /// The watchdog looks.
    Look,
    /// A thread of the pool begins with something, or is done with it.
    Begin,
    Finish(usize),
}

impl Play {
    /// The play of a setup, in which nothing has happened yet. The seed is that of the system's troubles.
    pub(super) fn new(setup: Setup, seed: u64, detail: Detail) -> Self {
        let Setup { settings, clients, wires, manners, faults, start, stop_at, close_at } = setup;
        let mut trace = Trace::new(detail);
        trace.note(start, format_args!("seed {seed}: {settings:#?}\n{faults:#?}"));
        let world = World::new(State {
            dice: Dice::from_seed(seed ^ 0xd1ce),
            now: start,
            faults,
            wires,
            posts: Vec::new(),
            doors: Vec::new(),
            trace,
            violation: None,
            settings,
            manners,
            orders: Orders::default(),
            sessions: 0,
            panics: 0,
            late: Duration::ZERO,
            rested: Duration::ZERO,
            debts: Vec::new(),
            jobs: VecDeque::new(),
            falls: 0,
            users: BTreeMap::new(),
            serial: 0,
        });
        let server = SimServer::new(&world, &settings, seed);
        let watchdog = Watchdog::new(&settings);
        Play { world, server, watchdog, clients, stop_at, close_at }
    }

    /// Plays to the end; the dice say who goes on. The answer tells two different runs apart.
    ///
    /// # Errors
    /// What has happened that must not.
    pub(super) fn run(mut self, mut dice: Dice) -> Result<u64, String> {
        for step in 0..STEPS {
            if let Some(fault) = self.world.lock().violation.take() {
                return Err(fault);
            }
            if self.stop_at == Some(step) {
                self.server.stop();
            }
            if self.close_at == Some(step) {
                self.server.close();
            }
            let ways = self.ways();
            if ways.is_empty() {
                if !self.pass(&mut dice)? {
                    return self.finish();
                }
                continue;
            }
            self.dawdle(&mut dice);
            let Settings { deeds, kills, .. } = self.world.lock().settings;
            if step < DEEDS && !self.clients.is_empty() && dice.chance(deeds) {
                self.server.act(&mut dice);
            }
            if step < DEEDS && dice.chance(kills) {
                self.server.kill(&mut dice);
            }
            match dice.pick(&ways) {
                Next::Thread(thread) => {
                    self.resume(thread);
                    if step < DEEDS {
                        self.world.lock().stalls(thread, &mut dice);
                    }
                }
                Next::Look => self.watchdog.look(&mut self.server, &self.world),
                Next::Act(client) => self.act(&mut dice, client),
                Next::Read(client) => self.read(client)?,
                Next::Answer(debt) => {
                    let owing = self.world.lock().debts.swap_remove(debt);
                    self.world.answer(owing);
                }
                Next::Begin => self.server.pool.begin(&self.world, &mut dice),
                Next::Finish(work) => self.server.pool.finish(&self.world, work),
            }
        }
        Err(format!("it has not ended after {STEPS} steps"))
    }

    /// All that can go on now.
    fn ways(&self) -> Vec<Next> {
        let state = self.world.lock();
        let threads = 0..state.posts.len();
        let due = (0..state.debts.len()).filter(|debt| state.debts[*debt].due <= state.now);
        let work = self.server.pool.due().enumerate().filter(|(_, due)| *due <= state.now);
        let look = self.watchdog.due(&self.server, &state).filter(|due| *due <= state.now);
        let mut ways: Vec<Next> = threads
            .filter(|thread| !self.server.director.is_over(*thread) && state.posts[*thread].is_due(state.now))
            .map(Next::Thread)
            .chain(due.map(Next::Answer))
            .chain(self.server.pool.would_begin(&state).then_some(Next::Begin))
            .chain(look.map(|_| Next::Look))
            .chain(work.map(|(work, _)| Next::Finish(work)))
            .collect();
        for (number, client) in self.clients.iter().enumerate() {
            let wire = &state.wires[number];
            let is_blocked = matches!(client.todo.last(), Some(Act::Send(_)))
                && wire.inbound.len() > WINDOW
                && wire.closed.is_none();
            if !client.todo.is_empty() && client.rests <= state.now && !is_blocked {
                ways.push(Next::Act(number));
            }
            // Who has nothing else to do sees what is left when the server closes.
            let appetite =
                if wire.closed.is_some() && client.todo.is_empty() { WINDOW } else { client.appetite };
            if appetite > 0 && !wire.outbound.is_empty() && !wire.reset {
                ways.push(Next::Read(number));
            }
        }
        ways
    }

    /// A thread goes on until it waits, or is interrupted.
    fn resume(&mut self, thread: usize) {
        let loads = |server: &SimServer| -> Vec<_> {
            let stuck = server.mailboxes.iter().enumerate().filter(|(_, mailbox)| mailbox.is_stuck());
            stuck.map(|(worker, mailbox)| (worker, mailbox.load())).collect()
        };
        let before = loads(&self.server);
        {
            let post = &mut self.world.lock().posts[thread];
            (post.rest, post.stalled, post.turns) = (Rest::Busy, None, post.turns + 1);
        }
        self.server.director.resume(thread);
        let after = loads(&self.server);
        let mut state = self.world.lock();
        for ((worker, before), (_, after)) in before.into_iter().zip(after) {
            if worker != thread && after > before {
                state.violated(format!("worker {worker} is stuck, and gets connections"));
            }
        }
    }

    /// Now and then time passes though there is something to do.
    fn dawdle(&mut self, dice: &mut Dice) {
        let mut state = self.world.lock();
        if dice.chance(state.faults.slow) {
            let time = dice.pick(&[0, 1, 20, 700].map(Duration::from_millis));
            state.now += time;
            state.late += time;
            state.note(format_args!("{time:?} pass"));
        }
    }

    /// Lets time pass until something is due. False once all is over.
    fn pass(&mut self, dice: &mut Dice) -> Result<bool, String> {
        let mut state = self.world.lock();
        let is_stalled = state.is_stalled();
        let gets_none = |mailbox: &Arc<Mailbox<_>>| mailbox.is_resting() || mailbox.is_stuck();
        let have_rested = is_stalled || self.server.mailboxes.iter().any(gets_none);
        if have_rested {
            state.rested = state.now;
        }
        // Who does not go on is amid something.
        if !is_stalled {
            checks::resting(&state)?;
            state.compare_users(self.server.connections())?;
            checks::delivering(&self.server.mailboxes)?;
            state.are_asked(&self.server.mailboxes)?;
        }
        let threads = (0..state.posts.len()).filter(|thread| !self.server.director.is_over(*thread));
        let waits: Vec<_> = threads.map(|thread| state.posts[thread].rest).collect();
        if waits.is_empty()
            && state.debts.is_empty()
            && self.server.pool.are_idle(&state)
            && self.clients.iter().all(|client| client.todo.is_empty())
        {
            return Ok(false);
        }
        let is_done = self.clients.iter().all(|client| client.todo.is_empty());
        let has_stopped = state.orders.stop.is_some();
        let rests = self.clients.iter().filter(|client| !client.todo.is_empty()).map(|client| client.rests);
        let due = waits.into_iter().filter_map(|rest| match rest {
            Rest::Until(end) => end,
            Rest::Busy => None,
        });
        let stalled = state.posts.iter().filter_map(|post| post.stalled);
        let look = self.watchdog.due(&self.server, &state);
        let answers = state.debts.iter().map(|owing| owing.due);
        let next = due
            .chain(rests)
            .chain(answers)
            .chain(self.server.pool.due())
            .chain(stalled)
            .chain(look)
            .filter(|at| *at > state.now)
            .min();
        let is_idle = state.wires.iter().all(|wire| wire.place.is_none() || wire.closed.is_some());
        if is_done && !has_stopped && (is_idle || dice.chance(2)) {
            drop(state);
            self.server.stop();
            return Ok(true);
        }
        let Some(next) = next else {
            if has_stopped {
                return Err("the server is to end, and its threads wait for ever".into());
            }
            drop(state);
            self.server.stop();
            return Ok(true);
        };
        let rate = state.faults.jump;
        let jumps = dice.chance(rate);
        let now = match jumps {
            true => next + dice.pick(&[1, 3000, 1_000_000].map(Duration::from_millis)),
            // As coarse as epoll's.
            false => next + dice.pick(&[0, 0, 1].map(Duration::from_millis)),
        };
        if is_stalled {
            let passed = now - state.now;
            state.late += passed;
        }
        state.now = now;
        if have_rested {
            // Some do to the end of this time.
            state.rested = now;
        }
        if jumps {
            // Who waits for a turn at the door has it no sooner.
            state.doors.iter_mut().for_each(|door| door.moved = now);
        }
        state.note(format_args!("it is {now:?}"));
        Ok(true)
    }

    /// A client does the next thing of its list.
    fn act(&mut self, dice: &mut Dice, number: usize) {
        let client = &mut self.clients[number];
        let Some(act) = client.todo.pop() else { return };
        let mut state = self.world.lock();
        let State { wires, now, doors, .. } = &mut *state;
        let wire = &mut wires[number];
        let now = *now;
        if wire.closed.is_some() || wire.reset {
            // There is nobody to talk to any more.
            client.todo.clear();
            return;
        }
        match act {
            Act::Connect => {
                let door = dice.below(doors.len());
                let backlog = &mut doors[door];
                let post = backlog.post;
                if backlog.is_closed {
                    client.todo.clear();
                    return;
                }
                if backlog.wires.is_empty() {
                    backlog.moved = now;
                }
                backlog.wires.push_back(number);
                state.posts[post].knock = true;
                state.note(format_args!("client {number}: it connects to listener {door}"));
            }
            Act::Send(bytes) => {
                wire.inbound.extend(&bytes);
                state.arm(number);
                state.note(format_args!("client {number}: it sends {}", bytes.len()));
            }
            Act::Finish => {
                wire.finished = true;
                state.arm(number);
                state.note(format_args!("client {number}: it sends no more"));
            }
            Act::Reset => {
                wire.reset = true;
                wire.outbound.clear();
                state.arm(number);
                state.note(format_args!("client {number}: it breaks off"));
            }
            Act::Read(appetite) => client.appetite = appetite,
            Act::Rest(time) => client.rests = now + time,
        }
    }

    /// A client reads some of what has come.
    fn read(&mut self, number: usize) -> Result<(), String> {
        let Client { appetite, least, .. } = self.clients[number];
        let mut state = self.world.lock();
        let wire = &mut state.wires[number];
        let appetite =
            if wire.closed.is_some() { WINDOW } else { appetite.max(least).max(wire.outbound.len() / 50) };
        let count = appetite.min(wire.outbound.len());
        wire.received.extend(wire.outbound.drain(..count));
        let is_full = wire.full;
        if is_full {
            state.arm(number);
        }
        state.note(format_args!("client {number}: it reads {count}"));
        Ok(())
    }

    /// Looks back once all is over.
    fn finish(self) -> Result<u64, String> {
        let (falls, known) = (self.server.pool.panics(), self.world.lock().falls);
        if falls != known {
            return Err(format!("work of the pool has panicked {known} times, not {falls}"));
        }
        for (worker, stalls) in self.watchdog.stalls().enumerate() {
            let counted = self.server.mailboxes[worker].counters.stalls.get();
            if counted != stalls {
                return Err(format!("worker {worker} was stuck {stalls} times, and {counted} are counted"));
            }
        }
        let panics = self.server.director.end();
        if let Some(panic) = panics.into_iter().next() {
            return Err(panic);
        }
        let mut state = self.world.lock();
        if let Some(fault) = state.violation.take() {
            return Err(fault);
        }
        for (number, wire) in state.wires.iter().enumerate() {
            checks::receiving(&state, number)?;
            if wire.life.connected && (wire.life.ended.is_none() || wire.closed.is_none()) {
                return Err(format!("client {number}: it has not ended with the server"));
            }
        }
        checks::counting(&state, &self.server.doors, &self.server.mailboxes)?;
        Ok(state.trace.hash())
    }
}
