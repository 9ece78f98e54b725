//! A connection's turns: read, split, dispatch, flush; and its end.

mod connection;
mod ending;
mod flush;
mod greeting;
mod hooks;
mod mail;
mod publish;
mod requests;
mod throttle;
mod turn;

use std::collections::TryReserveError;
use std::sync::Arc;

use mario_proto::Framing;

use crate::extent::Extent;
use crate::link::inbox::Inbox;
use crate::link::outbox::{Keeping, Marks, Outbox};
use crate::link::{ConnId, Phase};
use crate::mail::Mail;
use crate::mail::connections::Connections;
use crate::net::admission::{Census, Guests, Ticket};
use crate::panics::caught;
use crate::parts::groups::Groups;
use crate::parts::name::Name;
use crate::service::Service;
use crate::service::desk::Desk;
use crate::service::dispatch::Commands;
use crate::service::locals::Locals;
use crate::service::timers::Timers;
use crate::stats::Counters;
use crate::stats::notice::Notice;

pub(crate) use connection::Connection;
pub(crate) use throttle::Limits;
use throttle::Throttle;
use turn::READ_BUFFER;
pub(crate) use turn::Turn;

/// The settings of an exchange.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) stx: u32,
    pub(crate) max_packet: u16,
    pub(crate) heartbeat: Option<u16>,
    pub(crate) marks: Marks,
    pub(crate) input_pool: usize,
    pub(crate) output_pool: usize,
    pub(crate) keeping: Keeping,
    pub(crate) slots: usize,
    /// How many connections each address has, if that is limited.
    pub(crate) census: Option<Arc<Census>>,
    pub(crate) limits: Limits,
    pub(crate) time_commands: bool,
}

/// What the turns of all connections of one worker share.
pub(crate) struct Exchange<S: Service> {
    read_buffer: Box<[u8]>,
    inbox: Inbox,
    outbox: Outbox,
    desk: Desk<S>,
    counters: Arc<Counters>,
    /// How many connections have ended, and have their slots yet.
    closing: u64,
    mail: Arc<Mail>,
    guests: Guests,
    throttle: Option<Throttle>,
    /// What is said of connections that never became one of the service.
    strangers: Notice,
    crowded: Notice,
    fast: Notice,
}

impl<S: Service> Exchange<S> {
    /// An exchange with all its buffers, or an error if so much memory can't be had.
    pub(crate) fn new(
        service: Arc<S>,
        commands: Commands<S>,
        rules: &Rules,
        locals: Locals<S>,
        (counters, mail): (Arc<Counters>, Arc<Mail>),
    ) -> Result<Self, TryReserveError> {
        Ok(Exchange {
            read_buffer: vec![0; READ_BUFFER].into_boxed_slice(),
            inbox: Inbox::new(
                Framing::new(rules.stx, rules.max_packet),
                rules.input_pool,
                rules.slots,
                Arc::clone(&counters),
            )?,
            outbox: Outbox::new(
                rules.stx,
                rules.marks,
                rules.output_pool,
                (rules.keeping, rules.slots),
                Arc::clone(&counters),
            )?,
            desk: Desk::new(
                service,
                commands,
                rules.heartbeat,
                locals,
                Arc::clone(&counters),
                rules.time_commands,
            ),
            counters,
            closing: 0,
            mail,
            guests: Guests::new(rules.census.clone(), rules.slots)?,
            throttle: Throttle::new(rules.limits, rules.max_packet, rules.slots)?,
            strangers: Notice::default(),
            crowded: Notice::default(),
            fast: Notice::default(),
        })
    }

    /// What the buffers take.
    pub(crate) fn buffers() -> usize {
        READ_BUFFER + Inbox::WHOLE + Outbox::CAPACITY
    }

    /// What is kept for the limits of addresses and connections.
    pub(crate) fn limits(rules: &Rules) -> Extent {
        let slots = rules.slots;
        let mut extent = Extent::fixed(Throttle::bytes(rules.limits, slots));
        if rules.census.is_some() {
            extent += Extent::fixed(Guests::bytes(slots)) + Extent::later(Census::bytes(slots));
        }
        extent
    }

    /// The same, but with fresh memory, and what a worker keeps at its start. Answers that are owed stay so.
    pub(crate) fn renewed(&self, rules: &Rules, mut locals: Locals<S>) -> Result<Self, TryReserveError> {
        locals.answers_left = self.desk.locals.answers_left;
        let (service, commands) = (Arc::clone(&self.desk.service), self.desk.routes.commands);
        let shared = (Arc::clone(&self.counters), Arc::clone(&self.mail));
        Exchange::new(service, commands, rules, locals, shared)
    }

    /// Drops all, the service's state for the worker too, which may panic.
    pub(crate) fn retire(self) {
        let Desk { locals, .. } = self.desk;
        if let Err(panic) = caught(|| drop(locals)) {
            self.counters.panicked();
            log::error!("the drop of a worker's state panicked: {panic}");
        }
    }

    /// A way to all connections of the server.
    pub(crate) fn connections(&self) -> Connections {
        self.desk.locals.connections.clone()
    }

    /// Whose connection it is.
    pub(crate) fn user(&self, id: ConnId) -> Option<Name> {
        self.desk.locals.bound.get(id.key())
    }

    /// Whatever has become of a connection, nobody reaches it any more.
    pub(crate) fn forget(&mut self, id: ConnId) {
        self.mail.closed(id.key().index);
        self.desk.locals.unbind(id);
    }

    /// What the service keeps for this worker.
    pub(crate) fn worker(&mut self) -> &mut S::Worker {
        &mut self.desk.locals.state
    }

    /// Who is in which group.
    #[inline]
    pub(crate) fn groups(&mut self) -> &mut Groups {
        &mut self.desk.locals.groups
    }

    /// What is to be done later.
    #[inline]
    pub(crate) fn timers(&mut self) -> &mut Timers<S> {
        &mut self.desk.locals.timers
    }

    /// A connection gets a slot.
    pub(crate) fn take_in(&mut self, slot: u32, ticket: Option<Ticket>) {
        self.guests.seat(slot, ticket);
        self.fill_buckets(slot);
    }

    /// The slot of a connection is free again.
    pub(crate) fn let_go<T>(&mut self, connection: &Connection<S, T>) {
        self.guests.leave(connection.link.id.key().index);
        self.closing -= u64::from(!matches!(connection.link.phase(), Phase::Greeting | Phase::Open));
    }

    /// Whether the connections have these numbers of segments of input and so many of output, and so many are closing.
    ///
    /// # Errors
    /// If they have not.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn audit(&self, input: &[usize], output: usize, closing: u64) -> Result<(), String> {
        if closing != self.closing {
            return Err(format!("{closing} connections are closing, and {} are counted", self.closing));
        }
        self.inbox.audit(input)?;
        self.outbox.audit(output)
    }
}

#[cfg(test)]
mod tests;
