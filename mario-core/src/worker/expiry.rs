//! Deadlines of connections: when one is set again, and what follows when it has passed.

use std::time::Duration;

use super::{EXPIRIES, Plan, Turn, Worker};
use crate::doorbell::Wake;
use crate::link::{Link, Phase};
use crate::net::Poll;
use crate::net::clock::Clock;
use crate::parts::slots::Key;
use crate::reason::Reason;
use crate::service::Service;

/// How long a closed connection may go on sending before it is dropped.
pub(super) const LINGER: Duration = Duration::from_secs(1);

/// How long peers may take, beside the timeouts for reading and writing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Patience {
    pub(crate) first_frame: Option<Duration>,
    pub(crate) partial_frame: Option<Duration>,
    pub(crate) login: Option<Duration>,
    pub(crate) ping: Option<Ping>,
}

/// How silent peers are asked whether they are there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ping {
    pub(crate) command: u16,
    pub(crate) every: Duration,
    /// How many may remain without an answer.
    pub(crate) missed: u8,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// What the peer sends.
    Idle,
    /// What the peer takes; or that it closes, once all is sent.
    Stalled,
    /// That the service admits it.
    Login,
}

impl Plan {
    /// How often the deadlines are swept: a connection expires late by at most an eighth of its timeout.
    pub(crate) fn sweep(&self) -> Duration {
        let Patience { first_frame, partial_frame, login, ping } = self.patience;
        let ping = ping.map(|ping| ping.every);
        let timeouts = [self.read_timeout, self.greeting, first_frame, partial_frame, login, ping];
        let shortest = timeouts.into_iter().flatten().fold(self.write_timeout, Duration::min);
        (shortest / 8).clamp(Duration::from_millis(2), Duration::from_millis(500))
    }

    /// How long a peer may send nothing before something is done.
    pub(super) fn silence(&self) -> Option<Duration> {
        self.patience.ping.map(|ping| ping.every).or(self.read_timeout)
    }

    /// How long a connection may take for what it has to send next, if its deadline begins anew with this turn.
    #[inline]
    fn renewal(&self, link: &mut Link, handled: bool) -> Option<Option<Duration>> {
        let Some(partial) = self.patience.partial_frame else {
            // Each byte is life.
            link.pings = 0;
            link.has_spoken |= handled;
            let waits_for_first = !link.has_spoken && self.patience.first_frame.is_some();
            return (!waits_for_first).then_some(self.silence());
        };
        let is_partial = !link.input.is_empty() && !link.is_held();
        if handled {
            (link.has_spoken, link.is_partial, link.pings) = (true, is_partial, 0);
        } else if link.is_partial || !link.has_spoken && self.patience.first_frame.is_some() {
            // The deadline is that of what has begun already.
            return None;
        } else {
            link.is_partial = is_partial;
        }
        Some(if is_partial { Some(partial) } else { self.silence() })
    }
}

impl<S: Service, P: Poll, C: Clock, W: Wake> Worker<S, P, C, W> {
    /// The deadline of a connection that has a slot; once it is one of the service, it has those of its settings.
    pub(super) fn expect(&mut self, key: Key) {
        self.set_idle(key, self.plan.greeting);
    }

    /// Brings up to date what the worker keeps of a connection that had a turn.
    #[inline]
    pub(super) fn after(&mut self, key: Key, turn: Turn) {
        let Some(connection) = self.slots.get_mut(key) else { return };
        let link = &mut connection.link;
        let handled = std::mem::take(&mut link.has_handled);
        let mut renewal = None;
        if std::mem::take(&mut link.begins) {
            renewal = Some(self.plan.patience.first_frame.or(self.plan.silence()));
            if let (Some(logins), Some(login)) = (&mut self.logins, self.plan.patience.login) {
                logins.set(key.index, self.now, login);
            }
        }
        // Behind a proxy's header there may be frames.
        if turn.received && link.phase() != Phase::Greeting {
            renewal = self.plan.renewal(link, handled).or(renewal);
        }
        if turn.again && !link.queued && link.phase() != Phase::Gone {
            link.queued = true;
            self.again.push_back(key);
        }
        let waits = match link.phase() {
            Phase::Greeting | Phase::Open | Phase::Flushing => {
                (!link.output.is_empty()).then_some(self.plan.write_timeout)
            }
            Phase::Lingering => {
                // What came before it ended is told by no event any more.
                if connection.has_unread() && !std::mem::replace(&mut connection.link.queued, true) {
                    self.again.push_back(key);
                }
                Some(LINGER)
            }
            Phase::Gone => return self.remove(key),
        };
        if let Some(idle) = renewal {
            self.set_idle(key, idle);
        }
        match waits {
            Some(timeout) if turn.drained || !self.stalled.is_set(key.index) => {
                self.stalled.set(key.index, self.now, timeout);
            }
            Some(_) => {}
            None => self.stalled.clear(key.index),
        }
    }

    /// Forgets the deadlines of a connection.
    pub(super) fn expect_nothing(&mut self, key: Key) {
        self.idle.clear(key.index);
        self.stalled.clear(key.index);
        if let Some(logins) = &mut self.logins {
            logins.clear(key.index);
        }
    }

    /// Sees to the connections whose time is over; goes on in the next round if there are very many.
    pub(super) fn sweep(&mut self) {
        let mut budget = EXPIRIES;
        for kind in [Kind::Idle, Kind::Stalled, Kind::Login] {
            loop {
                let deadlines = match kind {
                    Kind::Idle => Some(&mut self.idle),
                    Kind::Stalled => Some(&mut self.stalled),
                    Kind::Login => self.logins.as_mut(),
                };
                let Some(slot) = deadlines.and_then(|deadlines| deadlines.expired(self.now)) else { break };
                if let Some(key) = self.slots.key_at(slot) {
                    self.expire(key, kind);
                }
                budget -= 1;
                if budget == 0 {
                    return;
                }
            }
        }
        self.next_sweep = self.now + self.plan.sweep();
    }

    fn expire(&mut self, key: Key, kind: Kind) {
        let Some(connection) = self.slots.get_mut(key) else { return };
        let link = &connection.link;
        match kind {
            Kind::Login if link.is_admitted || link.phase() != Phase::Open => {}
            Kind::Login => self.finish(key, Reason::NotAdmitted),
            // It may well be sending; it is we who do not read.
            Kind::Idle if link.is_held() => {
                let first = self.plan.patience.first_frame.filter(|_| !link.has_spoken);
                connection.link.is_partial = false;
                self.set_idle(key, first.or(self.plan.silence()));
            }
            Kind::Idle if link.phase() == Phase::Greeting => self.finish(key, Reason::TimedOut),
            Kind::Idle if link.is_partial => self.finish(key, Reason::Incomplete),
            Kind::Idle if !link.has_spoken && self.plan.patience.first_frame.is_some() => {
                self.finish(key, Reason::Incomplete);
            }
            Kind::Idle => self.ask(key),
            Kind::Stalled => self.give_up_on(key),
        }
    }

    /// A peer is silent: it is asked whether it is there, or has been often enough.
    fn ask(&mut self, key: Key) {
        let Some(connection) = self.slots.get_mut(key) else { return };
        match self.plan.patience.ping {
            Some(Ping { command, every, missed }) if connection.link.phase() == Phase::Open => {
                if connection.link.pings >= missed {
                    return self.finish(key, Reason::TimedOut);
                }
                connection.link.pings += 1;
                self.exchange.ping(connection, command);
                self.set_idle(key, Some(every));
                self.after(key, Turn::default());
            }
            _ if self.plan.read_timeout.is_some() => self.finish(key, Reason::TimedOut),
            // It was to end without a proxy's header, or without a first frame, which has come.
            _ => {}
        }
    }

    fn finish(&mut self, key: Key, reason: Reason) {
        if let Some(connection) = self.slots.get_mut(key) {
            self.exchange.end(connection, reason);
            self.after(key, Turn::default());
        }
    }

    /// A peer takes nothing, or does not close: it is not waited for any more.
    fn give_up_on(&mut self, key: Key) {
        let Some(connection) = self.slots.get_mut(key) else { return };
        let was_closing = connection.link.phase() != Phase::Open;
        self.exchange.end(connection, Reason::TimedOut);
        let is_lost = was_closing && self.give_up.is_some() && !connection.link.output.is_empty();
        self.unflushed += usize::from(is_lost);
        self.exchange.abandon(connection);
        self.after(key, Turn::default());
    }

    #[inline]
    fn set_idle(&mut self, key: Key, timeout: Option<Duration>) {
        match timeout {
            Some(timeout) => self.idle.set(key.index, self.now, timeout),
            None => self.idle.clear(key.index),
        }
    }
}
