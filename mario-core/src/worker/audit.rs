//! Looks at a worker from inside: what has to hold between any two steps.

use std::net::SocketAddr;

use super::{Delivered, Worker};
use crate::doorbell::Wake;
use crate::link::Phase;
use crate::net::Poll;
use crate::net::clock::Clock;
use crate::parts::name::Name;
use crate::parts::slots::Key;
use crate::service::Service;

/// A connection, as an audit finds it.
pub(crate) struct Found {
    pub(crate) key: Key,
    pub(crate) peer: SocketAddr,
    /// Nothing is read from it for now.
    pub(crate) held: bool,
    /// It is held because it has sent faster than it may.
    pub(crate) throttled: bool,
    /// It waits for an answer.
    pub(crate) awaits: bool,
    /// Bytes that wait for the peer.
    pub(crate) output: usize,
}

impl<S: Service, P: Poll, C: Clock, W: Wake> Worker<S, P, C, W> {
    /// All connections, if all books agree.
    ///
    /// # Errors
    /// The first that does not.
    pub(crate) fn audit(&mut self) -> Result<Vec<Found>, String> {
        let keys = self.slots.keys();
        self.slots.audit()?;
        let waiting = self.entrance.waiting();
        let (load, taken) = (self.mailbox.load(), keys.len() + waiting);
        if load != taken {
            return Err(format!("{load} slots are promised, and {taken} are taken"));
        }
        let (mut input, mut output, mut closing) = (Vec::with_capacity(keys.len()), 0, 0);
        let mut found = Vec::with_capacity(keys.len());
        for key in &keys {
            let Some(connection) = self.slots.get_mut(*key) else { continue };
            let link = &connection.link;
            let at = |what: &str| Err(format!("{}: {what}", link.peer));
            let times = self.again.iter().filter(|other| *other == key).count();
            if times != usize::from(link.queued) {
                return at("its place among those that go on is not what it believes");
            }
            if link.phase() == Phase::Gone {
                return at("it is gone, and has a slot");
            }
            if !matches!(link.phase(), Phase::Greeting | Phase::Open) && !link.input.is_empty() {
                return at("it has ended, and keeps input");
            }
            if self.stalled.is_set(key.index) != (!link.output.is_empty() || link.phase() == Phase::Lingering)
            {
                return at("its deadline for output does not fit what waits");
            }
            let is_first = !link.has_spoken && self.plan.patience.first_frame.is_some();
            let is_timed = self.plan.silence().is_some() || link.is_partial || is_first;
            if link.phase() == Phase::Open && is_timed != self.idle.is_set(key.index) {
                return at("its deadline for input does not fit the settings");
            }
            closing += u64::from(!matches!(link.phase(), Phase::Greeting | Phase::Open));
            input.push(link.input.segments());
            output += link.output.segments();
            if link.is_throttled() != self.exchange.waits(key.index) {
                return at("it is held back and does not go on, or the other way round");
            }
            found.push(Found {
                key: *key,
                peer: link.peer.addr(),
                held: link.is_held(),
                throttled: link.is_throttled(),
                awaits: link.awaits_answer(),
                output: link.output.len(),
            });
        }
        for slot in 0..self.plan.connections as u32 {
            if self.slots.key_at(slot).is_none()
                && (self.logins.as_ref().is_some_and(|logins| logins.is_set(slot))
                    || self.idle.is_set(slot)
                    || self.stalled.is_set(slot)
                    || self.exchange.waits(slot))
            {
                return Err(format!("slot {slot} is free, and has a deadline"));
            }
        }
        self.exchange.audit(&input, output, closing)?;
        Ok(found)
    }

    /// Whether a connection is in a group.
    pub(crate) fn is_member(&mut self, key: Key, group: Name) -> bool {
        self.exchange.groups().contains(key, group)
    }

    /// What it has done of its mail.
    pub(crate) fn delivered(&self) -> Delivered {
        self.delivery.delivered()
    }

    /// Whether the worker has given everything back, once it has ended.
    ///
    /// # Errors
    /// What it has not.
    pub(crate) fn is_clear(&mut self) -> Result<(), String> {
        match self.audit()?.len() + self.mailbox.load() {
            0 => Ok(()),
            left => Err(format!("{left} slots are taken or promised")),
        }
    }
}
