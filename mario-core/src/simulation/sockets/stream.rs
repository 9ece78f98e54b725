//! The server's end of a connection: what reads and writes bring.

use std::io::{self, ErrorKind, IoSlice};

use rustix::io::Errno;

use crate::net::Stream;
use crate::parts::buffers::SEGMENT;
use crate::simulation::checks;
use crate::simulation::world::{State, World};

/// The server's end of a connection.
pub(in crate::simulation) struct SimStream {
    pub(super) world: World,
    pub(super) wire: usize,
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
    pub(super) fn close(&mut self, number: usize) {
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
        if let Err(fault) = checks::closing(self, number) {
            self.violated(fault);
        }
    }
}
