//! The threads of the service's pool: what they do, and when.

use std::panic::resume_unwind;
use std::time::Duration;

use super::debts::{Outcome, Promise};
use super::dice::Dice;
use super::world::{State, World};
use crate::service::pool::{Hands, Job, Pool, PoolError};

/// All of them. What they do is the pool's.
pub(super) struct Threads {
    hands: Hands,
    count: usize,
    /// What they are at.
    at: Vec<Work>,
}

/// Work that a thread has begun with.
struct Work {
    client: usize,
    debt: usize,
    due: Duration,
    job: Job,
}

impl World {
    /// A handler leaves a request to the pool.
    pub(super) fn hire(&self, pool: &Pool, client: usize, how: u8, promise: Promise) {
        let outcome = Outcome::of(how);
        let debt = self.owe(client, outcome, &promise);
        let panics = outcome == Outcome::Drop && how & 8 != 0;
        let world = self.clone();
        let job = move || match panics {
            false => world.settle(client, debt, promise),
            true => {
                world.lock().falls += 1;
                let _promise = promise;
                resume_unwind(Box::new("work of the pool"));
            }
        };
        let (taken, posted) = self.posting(|| pool.run(job));
        let mut state = self.lock();
        let (waiting, room) = (state.jobs.len(), state.settings.pool_queue);
        state.note(format_args!("client {client}: its request {debt} goes to the pool: {taken:?}"));
        match taken {
            Ok(()) if waiting < room => state.jobs.push_back((client, debt)),
            Err(PoolError::Full(_)) if waiting == room => {
                state.wires[client].life.debts[debt].outcome = Outcome::Drop;
                drop(state);
                self.given(client, debt, &posted);
            }
            _ => state.violated(format!("the pool says {taken:?}, and {waiting} of {room} wait")),
        }
    }
}

impl Threads {
    pub(super) fn new(hands: Hands, count: usize) -> Self {
        Threads { hands, count, at: Vec::new() }
    }

    /// Whether one of them would begin with something.
    pub(super) fn would_begin(&self, state: &State) -> bool {
        self.at.len() < self.count && !state.jobs.is_empty()
    }

    pub(super) fn begin(&mut self, world: &World, dice: &mut Dice) {
        let mut state = world.lock();
        let (next, job) = (state.jobs.pop_front(), self.hands.take());
        let (Some((client, debt)), Some(job)) = (next, job) else {
            return state.violated(format!("the pool has no work, or lost some: {next:?}"));
        };
        let due = state.now + dice.pick(&[0, 0, 5, 1000].map(Duration::from_millis));
        state.note(format_args!("the pool begins with request {debt} of client {client}, until {due:?}"));
        self.at.push(Work { client, debt, due, job });
    }

    /// When they are done with what they are at.
    pub(super) fn due(&self) -> impl Iterator<Item = Duration> {
        self.at.iter().map(|work| work.due)
    }

    pub(super) fn finish(&mut self, world: &World, place: usize) {
        let Work { client, debt, job, .. } = self.at.swap_remove(place);
        let ((), posted) = world.posting(|| self.hands.perform(job));
        world.given(client, debt, &posted);
    }

    /// Whether all is over that was to be done.
    pub(super) fn are_idle(&self, state: &State) -> bool {
        self.at.is_empty() && state.jobs.is_empty()
    }

    /// How often work has panicked, as the pool has it.
    pub(super) fn panics(&self) -> u64 {
        self.hands.panics()
    }
}
