//! The network and the clock as workers and the master see them, with all that a system may do to them.

mod listener;
mod poll;
mod stream;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::world::World;
use crate::doorbell::Wake;
use crate::net::clock::Clock;

pub(super) use listener::SimListener;
pub(super) use poll::SimPoll;
pub(super) use stream::SimStream;

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
