//! The network and the clock as workers and the master see them, with all that a system may do to them.

use std::io::{self, ErrorKind, IoSlice};
use std::mem::take;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use rustix::io::Errno;

use super::wire::Place;
use super::world::{Rest, State, World};
use crate::doorbell::Wake;
use crate::net::clock::Clock;
use crate::net::{LISTENER, Listener, Poll, Ready, Stream, WatchedListener};
use crate::parts::buffers::SEGMENT;
use crate::parts::slots::Key;

/// The proxies that are trusted: some of the clients are not among them.
pub(super) const PROXIES: [&str; 1] = ["127.0.0.0/30"];

/// The address of a client, which tells its number.
pub(super) fn address_of(wire: usize) -> SocketAddr {
    let host = [1, 2, 1, 2, 1, 2, 1, 5][wire % 8];
    SocketAddr::from((Ipv4Addr::new(127, 0, 0, host), 1 + wire as u16))
}

pub(super) fn wire_of(peer: SocketAddr) -> usize {
    usize::from(peer.port()) - 1
}

impl Clock for World {
    fn now(&self) -> Duration {
        self.preempt();
        self.lock().now
    }
}

/// The bell of the thread at a post.
#[derive(Clone)]
pub(super) struct SimBell {
    pub(super) world: World,
    pub(super) post: usize,
}

impl Wake for SimBell {
    fn wake(&self) {
        let mut state = self.world.lock();
        state.note(format_args!("bell {} rings", self.post));
        state.posts[self.post].rung = true;
    }
}

/// The server's end of a connection.
pub(super) struct SimStream {
    world: World,
    wire: usize,
}

impl SimStream {
    /// What a call meets before it does anything.
    fn enter(&self) -> io::Result<()> {
        self.world.preempt();
        let mut state = self.world.lock();
        state.wires[self.wire].is_seen = false;
        let rate = state.faults.interrupt;
        if state.dice.chance(rate) { Err(ErrorKind::Interrupted.into()) } else { Ok(()) }
    }

    /// An error that the client will see too, or that there was before.
    fn fails(&self, state: &mut State, error: io::Error) -> io::Error {
        let wire = &mut state.wires[self.wire];
        wire.reset = true;
        wire.errors.push(error.kind());
        state.note(format_args!("client {}: the call fails: {error}", self.wire));
        error
    }
}

/// Of more that waits, so much at least is offered at once.
const MOST: usize = 30 * SEGMENT;

impl Stream for SimStream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.enter()?;
        let mut state = self.world.lock();
        let State { dice, faults, wires, now, .. } = &mut *state;
        let wire = &mut wires[self.wire];
        if wire.reset {
            wire.inbound.clear();
            wire.told = wire.read;
            return Err(self.fails(&mut state, ErrorKind::ConnectionReset.into()));
        }
        if dice.chance(faults.read_error) {
            let error = dice.pick(&[Errno::TIMEDOUT, Errno::HOSTUNREACH, Errno::NOBUFS]);
            return Err(self.fails(&mut state, error.into()));
        }
        if wire.inbound.is_empty() && wire.finished {
            wire.end_read = true;
            wire.heard = *now;
            state.note(format_args!("client {}: the server reads the end", self.wire));
            return Ok(0);
        }
        if wire.inbound.is_empty() || dice.chance(faults.would_block) {
            wire.told = wire.read;
            if wire.is_readable() {
                state.arm(self.wire);
            }
            return Err(ErrorKind::WouldBlock.into());
        }
        let mut count = wire.inbound.len().min(into.len());
        if dice.chance(faults.short_read) {
            count = dice.within(1..count + 1);
        }
        for (into, byte) in into.iter_mut().zip(wire.inbound.drain(..count)) {
            *into = byte;
        }
        wire.read += count;
        wire.heard = *now;
        wire.has_read(wire.read - count, *now);
        if count < into.len() {
            // No more had arrived; what is there arrives now, but for an end that was told of before.
            wire.told = wire.read;
            if !wire.inbound.is_empty() || wire.finished && !wire.end_told {
                state.arm(self.wire);
            }
        }
        let post = state.wires[self.wire].place.map_or(0, |place| place.worker);
        state.progress(post);
        state.note(format_args!("client {}: the server reads {count}", self.wire));
        Ok(count)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.enter()?;
        let offered: usize = slices.iter().map(|slice| slice.len()).sum();
        let mut state = self.world.lock();
        let State { dice, faults, wires, now, settings, .. } = &mut *state;
        let wire = &mut wires[self.wire];
        if wire.shut.is_some() {
            state.violated(format!("client {}: a write after the shutdown", self.wire));
            return Err(ErrorKind::BrokenPipe.into());
        }
        if wire.reset {
            return Err(self.fails(&mut state, ErrorKind::BrokenPipe.into()));
        }
        if dice.chance(faults.write_error) {
            let error = dice.pick(&[Errno::NOBUFS, Errno::PIPE, Errno::CONNRESET, Errno::TIMEDOUT]);
            return Err(self.fails(&mut state, error.into()));
        }
        let mut count = offered.min(wire.capacity.saturating_sub(wire.outbound.len()));
        if dice.chance(faults.short_write) {
            count = dice.below(count + 1);
        }
        if dice.chance(faults.would_block) {
            count = 0;
        }
        // For who waits with so much nothing is read, if only in this step.
        let waits = if wire.unsent > 0 { offered } else { offered - count };
        if waits > settings.high_water.min(MOST) {
            wire.held = Some(*now);
        }
        wire.unsent = offered - count;
        let bytes = slices.iter().flat_map(|slice| slice.iter());
        wire.outbound.extend(bytes.take(count));
        wire.written += count;
        let place = wire.place;
        if count > 0 {
            wire.moved = *now;
            wire.progress.push_back((*now, wire.written));
        }
        if count < offered {
            wire.full = true;
            if wire.has_room() {
                state.arm(self.wire);
            }
        }
        state.note(format_args!("client {}: the server writes {count} of {offered}", self.wire));
        if count == 0 && offered > 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        state.progress(place.map_or(0, |place| place.worker));
        Ok(count)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        let mut state = self.world.lock();
        let now = state.now;
        if state.wires[self.wire].reset {
            return Err(self.fails(&mut state, ErrorKind::NotConnected.into()));
        }
        state.wires[self.wire].shut.get_or_insert(now);
        state.note(format_args!("client {}: the server sends no more", self.wire));
        Ok(())
    }
}

impl Drop for SimStream {
    fn drop(&mut self) {
        let mut state = self.world.lock();
        state.close(self.wire);
    }
}

impl State {
    fn close(&mut self, number: usize) {
        let State { wires, posts, now, .. } = &mut *self;
        let wire = &mut wires[number];
        wire.closed = Some(*now);
        // Closed with unread input, the system resets the connection.
        wire.cut |= !wire.inbound.is_empty();
        if let Some(place) = wire.place {
            let post = &mut posts[place.worker];
            post.armed.retain(|armed| *armed != number);
            post.stale.push(place.key);
            self.progress(place.worker);
        }
        self.note(format_args!("client {number}: the server closes it"));
        if let Err(fault) = super::checks::closing(self, number) {
            self.violated(fault);
        }
    }
}

/// The poll of a worker.
pub(super) struct SimPoll {
    pub(super) world: World,
    pub(super) post: usize,
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
    fn wait(
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

/// A listening socket.
pub(super) struct SimListener {
    pub(super) world: World,
    pub(super) door: usize,
}

/// What the system says when it can't accept, or when a connection was gone before it was accepted.
const TROUBLES: [Errno; 7] =
    [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM, Errno::CONNABORTED, Errno::INTR, Errno::PERM];

impl Listener for SimListener {
    type Stream = SimStream;

    fn accept(&mut self) -> io::Result<(SimStream, SocketAddr)> {
        self.world.preempt();
        let mut state = self.world.lock();
        let State { dice, faults, doors, wires, now, .. } = &mut *state;
        doors[self.door].moved = *now;
        if dice.chance(faults.accept_error) {
            let error: io::Error = dice.pick(&TROUBLES).into();
            state.note(format_args!("listener {}: {error}", self.door));
            return Err(error);
        }
        let Some(wire) = doors[self.door].wires.pop_front() else {
            return Err(ErrorKind::WouldBlock.into());
        };
        wires[wire].accepted = Some(*now);
        let post = doors[self.door].post;
        state.progress(post);
        state.note(format_args!("client {wire}: it is accepted"));
        drop(state);
        Ok((SimStream { world: self.world.clone(), wire }, address_of(wire)))
    }
}

impl WatchedListener for SimListener {
    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        let post = self.world.lock().doors[self.door].post;
        self.world.wait(post, timeout, |state| take(&mut state.posts[post].knock))
    }
}

impl Drop for SimListener {
    fn drop(&mut self) {
        let mut state = self.world.lock();
        let door = &mut state.doors[self.door];
        door.is_closed = true;
        for wire in take(&mut door.wires) {
            state.close(wire);
        }
        state.note(format_args!("listener {} is closed", self.door));
    }
}
