//! Waiting, and what events come of it.

use std::io;
use std::mem::take;
use std::time::Duration;

use rustix::io::Errno;

use super::{SimListener, SimStream};
use crate::net::{LISTENER, Poll, Ready};
use crate::parts::slots::Key;
use crate::simulation::wire::Place;
use crate::simulation::world::{Rest, State, World};

/// The poll of a worker.
pub(in crate::simulation) struct SimPoll {
    pub(in crate::simulation) world: World,
    pub(in crate::simulation) post: usize,
}

impl Poll for SimPoll {
    type Stream = SimStream;
    type Listener = SimListener;
    type Events = Vec<Ready>;

    fn events(capacity: usize) -> Vec<Ready> {
        Vec::with_capacity(capacity)
    }

    fn register(&mut self, stream: &mut SimStream, key: Key) -> io::Result<()> {
        self.world.preempt();
        let mut state = self.world.lock();
        let State { dice, faults, wires, now, .. } = &mut *state;
        if dice.chance(faults.register_error) {
            state.note(format_args!("client {}: it can't be watched", stream.wire));
            return Err(Errno::NOMEM.into());
        }
        let wire = &mut wires[stream.wire];
        wire.place = Some(Place { worker: self.post, key });
        (wire.began, wire.heard) = (*now, *now);
        // The first event tells of the state at registration: there is room.
        state.arm(stream.wire);
        state.note(format_args!("client {}: worker {} watches it as {key:?}", stream.wire, self.post));
        Ok(())
    }

    fn watch(&mut self, listener: &mut SimListener) -> io::Result<()> {
        let mut state = self.world.lock();
        state.doors[listener.door].post = self.post;
        state.posts[self.post].knock = true;
        Ok(())
    }

    fn unwatch(&mut self, _listener: &mut SimListener) -> io::Result<()> {
        Ok(())
    }

    fn wait(&mut self, events: &mut Vec<Ready>, timeout: Option<Duration>) -> io::Result<()> {
        self.world.preempt();
        events.clear();
        self.world.wait(self.post, timeout, |state| {
            let gathered = state.gather(self.post);
            events.extend(gathered);
            !events.is_empty()
        })?;
        Ok(())
    }

    fn ready(events: &Vec<Ready>) -> impl Iterator<Item = Ready> {
        events.iter().copied()
    }
}

/// How many waits may end at once with nothing done in between.
const SPINS: usize = 200;

impl World {
    /// Waits as a poll does, until `look` has found something.
    pub(super) fn wait(
        &self,
        post: usize,
        timeout: Option<Duration>,
        mut look: impl FnMut(&mut State) -> bool,
    ) -> io::Result<()> {
        let mut state = self.lock();
        let end = timeout.map(|timeout| state.now + timeout);
        loop {
            let found = look(&mut state);
            let rung = take(&mut state.posts[post].rung);
            let State { dice, faults, posts, now, settings, .. } = &mut *state;
            // To the master an error of its poll is the end.
            let is_master = post == settings.workers;
            let is_over = end.is_some_and(|end| end <= *now);
            let woken = dice.chance(faults.idle_wake);
            let failed = !found && !rung && !is_master && dice.chance(faults.wait_error);
            let has_reason = found || rung || woken || failed;
            if has_reason || is_over {
                let own = &mut posts[post];
                own.rest = Rest::Busy;
                let is_spin = !has_reason && timeout.is_some_and(|timeout| timeout.is_zero());
                own.spins = if is_spin { own.spins + 1 } else { 0 };
                if own.spins > SPINS {
                    state.violated(format!("thread {post} goes round and round, and does nothing"));
                    drop(state);
                    self.pause();
                }
                return if failed { Err(Errno::NOMEM.into()) } else { Ok(()) };
            }
            posts[post].rest = Rest::Until(end);
            state.note(format_args!("thread {post} waits until {end:?}"));
            drop(state);
            self.pause();
            state = self.lock();
        }
    }
}

impl State {
    /// What a wait of a worker brings.
    fn gather(&mut self, post: usize) -> Vec<Ready> {
        let State { dice, faults, wires, posts, .. } = &mut *self;
        let mut events = Vec::new();
        let own = &mut posts[post];
        for number in take(&mut own.armed) {
            if dice.chance(faults.late_event) {
                own.armed.push(number);
                continue;
            }
            let wire = &mut wires[number];
            let Some(Place { key, .. }) = wire.place else { continue };
            let (readable, read_closed) = (wire.is_readable(), wire.is_read_closed());
            let writable = wire.reset || wire.has_room();
            if writable {
                wire.full = false;
            }
            wire.told = wire.read + wire.inbound.len();
            wire.end_told |= wire.finished;
            let ready = Ready { key, readable, writable, read_closed };
            events.push(ready);
            if dice.chance(faults.double_event) {
                events.push(ready);
            }
        }
        if dice.chance(faults.spurious_event) && !wires.is_empty() {
            let any = &wires[dice.below(wires.len())];
            if let Some(Place { worker, key }) = any.place
                && worker == post
                && any.closed.is_none()
                && events.iter().all(|event| event.key != key)
            {
                events.push(rumour(key, dice.below(8)));
            }
        }
        if dice.chance(faults.stale_event) && !own.stale.is_empty() {
            events.push(rumour(dice.pick(&own.stale), dice.below(8)));
        }
        if take(&mut own.knock) {
            events.push(Ready { key: LISTENER, readable: true, writable: false, read_closed: false });
        }
        dice.shuffle(&mut events);
        if !events.is_empty() {
            self.note(format_args!("thread {post} is told of {} events", events.len()));
        }
        events
    }
}

/// An event that tells nothing true.
fn rumour(key: Key, bits: usize) -> Ready {
    Ready { key, readable: bits & 1 != 0, writable: bits & 2 != 0, read_closed: bits & 4 != 0 }
}
