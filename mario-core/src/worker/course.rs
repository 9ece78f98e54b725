//! The end of a worker: at once, or connection by connection.

use super::entrance::Entrance;
use super::{EXPIRIES, Turn, Worker, drain};
use crate::doorbell::Wake;
use crate::link::Phase;
use crate::mail::mailbox::Course;
use crate::net::Poll;
use crate::net::clock::Clock;
use crate::parts::slots::Key;
use crate::reason::Reason;
use crate::service::Service;

impl<S: Service, P: Poll, C: Clock, W: Wake> Worker<S, P, C, W> {
    /// Begins to drain, or to close.
    #[cold]
    pub(super) fn change_course(&mut self) {
        if let Entrance::Door(door) = &mut self.entrance {
            // It fails only for what is not watched.
            let _ = self.poll.unwatch(&mut door.acceptor.listener);
            self.entrance = Entrance::Closed;
        }
        let keys = self.slots.keys();
        match &mut self.drain {
            Some(drain) if self.mailbox.course() == Course::Drain => {
                self.course = Course::Drain;
                drain.begin(&keys, self.now);
            }
            _ => {
                self.course = Course::Close;
                let give_up = self.now + self.plan.shutdown_timeout;
                self.give_up = Some(give_up);
                self.deliver_all(give_up);
                for key in keys {
                    self.shut_down(key);
                }
            }
        }
    }

    /// Tells or closes the connections whose time to go has come; goes on in the next round if there are very many.
    pub(super) fn let_go(&mut self) {
        for _ in 0..EXPIRIES {
            let Some(due) = self.drain.as_mut().and_then(|drain| drain.next(self.now)) else { break };
            let (drain::Due::Turn(slot) | drain::Due::End(slot)) = due;
            match (due, self.slots.key_at(slot)) {
                (drain::Due::Turn(_), Some(key)) => self.give_notice(key),
                (drain::Due::End(_), Some(key)) => self.part_with(key),
                (_, None) => {}
            }
        }
        self.give_up = self.drain.as_ref().map(|drain| drain.end() + self.plan.shutdown_timeout);
    }

    /// Tells the service that a connection is to go; where it gives no notice, it goes at once.
    pub(super) fn give_notice(&mut self, key: Key) {
        let Some(connection) = self.slots.get_mut(key) else { return };
        match connection.link.phase() {
            Phase::Open => {}
            Phase::Greeting => return self.shut_down(key),
            Phase::Flushing | Phase::Lingering | Phase::Gone => return,
        }
        let notice = self.exchange.drain(connection);
        if connection.link.phase() != Phase::Open {
            self.after(key, Turn::default());
        } else if notice.is_zero() {
            self.part_with(key);
        } else {
            self.after(key, Turn::default());
            if let Some(drain) = &mut self.drain {
                drain.stay(key, self.now, notice);
            }
        }
    }

    /// Closes a connection whose time has come.
    fn part_with(&mut self, key: Key) {
        if let Some(connection) = self.slots.get_mut(key) {
            let turn = self.exchange.part(connection);
            self.after(key, turn);
        }
    }

    pub(super) fn shut_down(&mut self, key: Key) {
        if let Some(connection) = self.slots.get_mut(key) {
            self.exchange.end(connection, Reason::ShutDown);
            self.after(key, Turn::default());
        }
    }

    pub(super) fn drop_all(&mut self) {
        for key in self.slots.keys() {
            if let Some(connection) = self.slots.get_mut(key) {
                self.exchange.end(connection, Reason::ShutDown);
                self.unflushed += usize::from(!connection.link.output.is_empty());
                self.exchange.abandon(connection);
                self.remove(key);
            }
        }
    }
}
