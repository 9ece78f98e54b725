//! Connections that come get their slots, and give them back.

use std::net::SocketAddr;

use super::entrance::Entrance;
use super::{Connection, Turn, Worker};
use crate::doorbell::Wake;
use crate::link::{ConnId, Link, Phase};
use crate::mail::mailbox::{Course, Promised};
use crate::net::Poll;
use crate::net::accepting::Accepted;
use crate::net::admission::Arrival;
use crate::net::clock::Clock;
use crate::panics::caught;
use crate::parts::slots::Key;
use crate::reason::Reason;
use crate::service::Service;

/// Connections that are accepted in one round of the loop, so that a great many don't hold up the others.
pub(super) const ACCEPTS: usize = 64;

impl<S: Service, P: Poll, C: Clock, W: Wake> Worker<S, P, C, W> {
    /// Gives the connections that have come their slots.
    pub(super) fn admit_all(&mut self) {
        match &self.entrance {
            Entrance::Hand(hand) if !hand.is_empty() => self.adopt(),
            Entrance::Door(door) if door.is_crowded() => self.accept(),
            _ => {}
        }
    }

    /// Takes what the master has dealt; slots are promised.
    pub(super) fn adopt(&mut self) {
        while let Entrance::Hand(hand) = &mut self.entrance
            && let Some((arrival, peer, slot)) = hand.next()
        {
            if self.course == Course::Close {
                slot.ends(Reason::ShutDown);
                continue;
            }
            self.admit(arrival, peer, slot);
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
            let slot = Promised::of(&self.mailbox);
            self.admit(arrival, peer, slot);
        }
    }

    /// Gives a connection the slot that it was promised.
    fn admit(&mut self, arrival: Arrival<P::Stream>, peer: SocketAddr, promised: Promised<W>) {
        let Arrival { stream, ticket } = arrival;
        let session = match caught(S::Session::default) {
            Ok(session) => session,
            Err(panic) => {
                self.mailbox.counters.panicked();
                log::error!("Session::default panicked, the connection from {peer} is closed: {panic}");
                return promised.ends(Reason::Panicked);
            }
        };
        let index = self.index;
        let make = |key| Connection::new(stream, Link::new(ConnId::new(index, key), peer), session);
        let Some(key) = self.slots.insert_with(make) else {
            log::error!("worker {index} was dealt more connections than it has slots");
            return promised.ends(Reason::Overflow);
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

    #[cold]
    pub(super) fn remove(&mut self, key: Key) {
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
}
