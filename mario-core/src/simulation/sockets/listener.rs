//! A listening socket, and what comes of accepting from it.

use std::io::{self, ErrorKind};
use std::mem::take;
use std::net::SocketAddr;
use std::time::Duration;

use rustix::io::Errno;

use super::{SimStream, address_of};
use crate::net::{Listener, WatchedListener};
use crate::simulation::world::{State, World};

/// A listening socket.
pub(in crate::simulation) struct SimListener {
    pub(in crate::simulation) world: World,
    pub(in crate::simulation) door: usize,
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
