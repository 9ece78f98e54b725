//! A connection's turns: read, split, dispatch, flush; and its end.

mod greeting;
mod publish;
mod throttle;

use std::collections::TryReserveError;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use mario_proto::{Framing, Overflow};

use crate::extent::Extent;
use crate::link::inbox::Inbox;
use crate::link::message::Message;
use crate::link::outbox::{Delivered, Keeping, Marks, Outbox};
use crate::link::{ConnId, Link, Phase};
use crate::mail::connections::Connections;
use crate::mail::{Answer, Asked, Mail};
use crate::net::admission::{Census, Guests, Ticket};
use crate::net::{Ready, Stream, uninterrupted};
use crate::panics::{Panic, caught};
use crate::parts::buffers::SEGMENT;
use crate::parts::groups::Groups;
use crate::parts::name::Name;
use crate::reason::Reason;
use crate::service::call::Call;
use crate::service::desk::Desk;
use crate::service::dispatch::Commands;
use crate::service::locals::Locals;
use crate::service::timers::{ForConn, Timers};
use crate::service::{Service, Worker};
use crate::stats::Counters;
use crate::stats::notice::Notice;

pub(crate) use throttle::Limits;
use throttle::Throttle;

/// What one read takes at most: the largest frame, and a good number of usual ones. It is also a turn's budget.
const READ_BUFFER: usize = 64 * 1024;

/// What one read of a connection takes of which nothing is known yet. What is read and can't be handled finds room in the
/// connection's share of the input pool.
const FIRST_READ: usize = SEGMENT;
const _: () = assert!(FIRST_READ << Link::FURTHEST == READ_BUFFER);

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

/// A connection in its slot.
pub(crate) struct Connection<S: Service, T> {
    stream: T,
    session: S::Session,
    pub(crate) link: Link,
    /// The peer is known to have sent more than was read: closing now would reset the connection.
    unread: bool,
    /// The peer sends no more, an event has told: even after a short read there is something to read, the end.
    finished: bool,
}

impl<S: Service, T> Connection<S, T> {
    pub(crate) fn new(stream: T, link: Link, session: S::Session) -> Self {
        Connection { stream, session, link, unread: false, finished: false }
    }

    pub(crate) fn stream(&mut self) -> &mut T {
        &mut self.stream
    }

    /// The peer is known to have sent more than was read.
    pub(crate) fn has_unread(&self) -> bool {
        self.unread
    }

    pub(crate) fn session(&mut self) -> &mut S::Session {
        &mut self.session
    }
}

/// What a turn did that its connection's deadlines depend on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Turn {
    /// Bytes were read, or are read again after a pause.
    pub(crate) received: bool,
    /// The socket took a good part of what had waited, or all.
    pub(crate) drained: bool,
    /// The budget is used up, and there may be more to read.
    pub(crate) again: bool,
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

    /// Runs a hook of the worker; a panic of it is counted and costs nothing else.
    pub(crate) fn hook(
        &mut self,
        name: &str,
        index: usize,
        open: usize,
        hook: impl FnOnce(&S, &mut Worker<'_, S>),
    ) {
        let Desk { service, locals, .. } = &mut self.desk;
        let call = || hook(service, &mut Worker { locals, index, open });
        if let Err(panic) = caught(call) {
            self.counters.panicked();
            log::error!("the {name} hook panicked on worker {index}: {panic}");
        }
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

    /// A connection's first turn. From now on it gets mail.
    pub(crate) fn connect<T: Stream>(&mut self, connection: &mut Connection<S, T>) {
        let Connection { link, session, .. } = connection;
        link.begins = true;
        self.mail.opened(link.id.key());
        let (desk, outbox) = (&mut self.desk, &mut self.outbox);
        let hook = caught(|| desk.connected(link, session, outbox));
        let reason = hook.err().map(|panic| self.panicked(link, "the connected hook", &panic));
        self.conclude(connection, reason);
    }

    /// Tells the service that the connection is to go; the answer is how long it may stay.
    #[cold]
    pub(crate) fn drain<T: Stream>(&mut self, connection: &mut Connection<S, T>) -> Duration {
        let Connection { link, session, .. } = connection;
        let (desk, outbox) = (&mut self.desk, &mut self.outbox);
        let (notice, reason) = match caught(|| desk.draining(link, session, outbox)) {
            Ok(notice) => (notice, None),
            Err(panic) => (Duration::ZERO, Some(self.panicked(link, "the draining hook", &panic))),
        };
        self.conclude(connection, reason);
        notice
    }

    /// Ends a connection whose time has come. What its peer has asked for until now is answered, and the peer is heard out
    /// until it has seen the end: it may well be asking, and closing on that would reset the connection.
    #[cold]
    pub(crate) fn part<T: Stream>(&mut self, connection: &mut Connection<S, T>) -> Turn {
        let mut turn = Turn::default();
        if connection.link.phase() == Phase::Open {
            self.forgive(connection);
            connection.link.reach = Link::FURTHEST;
            self.readable(connection, &mut turn);
            self.forgive(connection);
            connection.unread = true;
        }
        self.end(connection, Reason::ShutDown);
        turn
    }

    /// Asks the peer whether it is there.
    #[cold]
    pub(crate) fn ping<T: Stream>(&mut self, connection: &mut Connection<S, T>, command: u16) {
        // What can go wrong here, its link knows.
        let _ = self.outbox.push_bytes(&mut connection.link, command, &[]);
        self.conclude(connection, None);
    }

    /// The turn that a timer gives.
    #[cold]
    pub(crate) fn call<T: Stream>(&mut self, connection: &mut Connection<S, T>, call: ForConn<S>) {
        let Connection { link, session, .. } = connection;
        let (desk, outbox) = (&mut self.desk, &mut self.outbox);
        let called = caught(|| desk.call(link, session, outbox, call));
        let reason = called.err().map(|panic| self.panicked(link, "a timer's call", &panic));
        self.conclude(connection, reason);
    }

    /// The turn that a push gives.
    pub(crate) fn push<T: Stream>(&mut self, connection: &mut Connection<S, T>, message: &Message) {
        let Connection { stream, link, .. } = connection;
        if !link.is_served() {
            return self.counters.pushes.gone.add(1);
        }
        match self.outbox.deliver(stream, link, message, message.encoded().overflow) {
            Ok(Delivered::Sent) => self.counters.pushes.sent.add(1),
            // What becomes of it, is counted when it is known.
            Ok(Delivered::Kept) => {}
            Ok(Delivered::Dropped) => self.counters.pushes.dropped.count(message.command()),
            Err(reason) => {
                self.counters.pushes.gone.add(1);
                self.end(connection, reason);
            }
        }
    }

    /// The same for a push to a user: it is for none that has come in between.
    pub(crate) fn push_to<T: Stream>(
        &mut self,
        user: Name,
        connection: &mut Connection<S, T>,
        message: &Message,
    ) {
        match self.user(connection.link.id) {
            Some(its) if its == user => self.push(connection, message),
            _ => self.counters.pushes.gone.add(1),
        }
    }

    /// The turn that a call from another thread gives.
    #[cold]
    pub(crate) fn called<T: Stream>(&mut self, connection: &mut Connection<S, T>, call: Call) {
        let Connection { link, session, .. } = connection;
        if !link.is_served() {
            return;
        }
        let (desk, outbox) = (&mut self.desk, &mut self.outbox);
        let reason = caught(|| desk.run(link, session, outbox, None, call))
            .unwrap_or_else(|panic| Some(self.panicked(link, "a call of another thread", &panic)));
        self.conclude(connection, reason);
    }

    /// Ends a connection whose user has come by another one; not if it is another's meanwhile, or was bound anew.
    pub(crate) fn kick<T: Stream>(&mut self, connection: &mut Connection<S, T>, user: Name) {
        if self.desk.locals.is_replaced(connection.link.id, user) {
            self.end(connection, Reason::Kicked);
        }
    }

    /// The turn that an answer gives which was owed to the connection.
    pub(crate) fn answered<T: Stream>(
        &mut self,
        connection: &mut Connection<S, T>,
        request: Asked,
        answer: Answer,
    ) -> Turn {
        let mut turn = Turn::default();
        let Connection { stream, link, session, .. } = connection;
        if let Answer::None = answer {
            self.counters.unanswered.add(1);
        }
        if !link.is_served() {
            return turn;
        }
        let (desk, outbox) = (&mut self.desk, &mut self.outbox);
        let reason = match answer {
            // What the packet says of slow peers is for pushes: a client counts on its answers.
            Answer::Reply(message) => {
                let delivered = outbox.deliver(stream, link, &message, Overflow::Close);
                delivered.map(|_| outbox.was_a_reply()).err()
            }
            Answer::Call(call) => caught(|| desk.run(link, session, outbox, Some(request), call))
                .unwrap_or_else(|panic| Some(self.panicked(link, "the call of an answer", &panic))),
            Answer::Close => Some(Reason::Service),
            Answer::None => caught(|| desk.unanswered(link, session, outbox, request))
                .unwrap_or_else(|panic| Some(self.panicked(link, "the unanswered hook", &panic))),
        };
        if request.is_in_order() {
            link.set_awaits_answer(false);
        }
        self.conclude(connection, reason);
        if request.is_in_order() && connection.link.takes_requests() {
            turn.received = true;
            self.receive(connection, 0);
            self.read_on(connection, &mut turn);
        }
        turn
    }

    /// What is to be answered later.
    pub(crate) fn settle(&mut self) {
        self.desk.locals.answers_left += 1;
    }

    /// Adds a connection to a group, if it is still served.
    pub(crate) fn join<T>(&mut self, connection: &Connection<S, T>, group: Name) {
        let Link { id, .. } = connection.link;
        if connection.link.is_served()
            && let Err(error) = self.desk.locals.join(id.key(), group)
        {
            log::error!("connection {id} does not join group {group}: {error}");
        }
    }

    /// The turn that an event gives.
    #[inline]
    pub(crate) fn turn<T: Stream>(&mut self, connection: &mut Connection<S, T>, ready: Ready) -> Turn {
        let mut turn = Turn::default();
        connection.finished |= ready.read_closed;
        let resumed = ready.writable && !connection.link.output.is_empty() && {
            // Should this flush the last of a connection that has ended, it is not to be closed on what it has sent.
            connection.unread |= ready.readable;
            let paused = connection.link.is_paused();
            self.writable(connection, &mut turn);
            paused && !connection.link.is_paused()
        };
        if resumed {
            turn.received = true;
            self.receive(connection, 0);
        }
        if ready.readable {
            self.readable(connection, &mut turn);
        } else if resumed {
            self.read_on(connection, &mut turn);
        }
        turn
    }

    /// Ends the service of a connection, unless that has happened. What was sent is still flushed, unless the reason
    /// says that nobody reads it.
    #[cold]
    pub(crate) fn end<T: Stream>(&mut self, connection: &mut Connection<S, T>, reason: Reason) {
        match connection.link.phase() {
            Phase::Greeting => return self.dismiss(connection, reason),
            Phase::Open => self.let_loose(connection, reason),
            Phase::Flushing | Phase::Lingering | Phase::Gone => {}
        }
        let Connection { stream, link, session, .. } = connection;
        if link.phase() == Phase::Open {
            link.enter(Phase::Flushing);
            stream.ended(reason);
            self.closing += 1;
            self.counters.ends(reason);
            log::debug!("connection {} from {} ends: {reason}", link.id, link.peer);
            self.inbox.discard(&mut link.input);
            self.counters.pushes.gone.add(self.outbox.forget(link));
            self.desk.locals.timers.clear(link.id.key().index);
            self.mail.closed(link.id.key().index);
            let (desk, outbox) = (&mut self.desk, &mut self.outbox);
            if let Err(panic) = caught(|| desk.disconnected(link, session, outbox, reason)) {
                self.panicked(link, "the disconnected hook", &panic);
            }
            let locals = &mut self.desk.locals;
            locals.groups.leave_all(link.id.key().index);
            locals.unbind(link.id);
        }
        match reason {
            Reason::Error(_) | Reason::Overflow => self.abandon(connection),
            _ => finish(connection),
        }
    }

    /// Waits no more for the peer of a connection that has ended.
    pub(crate) fn abandon<T>(&mut self, connection: &mut Connection<S, T>) {
        self.outbox.discard(&mut connection.link);
        connection.link.enter(Phase::Gone);
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

    fn writable<T: Stream>(&mut self, connection: &mut Connection<S, T>, turn: &mut Turn) {
        let Connection { stream, link, .. } = connection;
        let drained = self.outbox.drain(stream, link);
        match drained.and_then(|drained| self.release(connection).map(|()| drained)) {
            Ok(drained) => {
                turn.drained = drained;
                finish(connection);
            }
            Err(reason) => self.end(connection, reason),
        }
    }

    /// Delivers what was kept for a connection, if that has come down to the low-water mark.
    #[inline]
    fn release<T: Stream>(&mut self, connection: &mut Connection<S, T>) -> Result<(), Reason> {
        let Connection { stream, link, .. } = connection;
        while let Some(message) = self.outbox.next_kept(link) {
            match self.outbox.deliver(stream, link, &message, Overflow::Close) {
                Ok(_) => self.counters.pushes.sent.add(1),
                Err(reason) => {
                    self.counters.pushes.gone.add(1);
                    return Err(reason);
                }
            }
        }
        Ok(())
    }

    /// Reads what came while the connection was held, if anything did: no other event will tell of it.
    fn read_on<T: Stream>(&mut self, connection: &mut Connection<S, T>, turn: &mut Turn) {
        if connection.unread {
            self.readable(connection, turn);
        }
    }

    /// Reads once; twice if after a short read there is still the end of the stream to be read.
    #[inline]
    fn readable<T: Stream>(&mut self, connection: &mut Connection<S, T>, turn: &mut Turn) {
        loop {
            let Connection { stream, link, .. } = connection;
            if link.is_held() || matches!(link.phase(), Phase::Flushing | Phase::Gone) {
                connection.unread = true;
                return;
            }
            let mut room = FIRST_READ << link.reach;
            if link.reach > 0 {
                room = room.min(self.inbox.room());
            }
            if let Some(throttle) = &mut self.throttle
                && link.phase() == Phase::Open
            {
                room = room.min(throttle.room(link.id.key().index, self.desk.locals.timers.now()));
            }
            match uninterrupted(|| stream.read(&mut self.read_buffer[..room])) {
                Ok(0) => return self.closed(connection),
                Ok(count) => {
                    turn.received = true;
                    connection.unread = count == room;
                    match connection.link.phase() {
                        Phase::Open => self.receive(connection, count),
                        Phase::Greeting => {
                            self.greet(connection, count);
                            // A byte at a time does not make the wait for the header longer.
                            turn.received = connection.link.phase() != Phase::Greeting;
                        }
                        _ => {}
                    }
                    if connection.unread {
                        connection.link.reach_further();
                    }
                    turn.again = connection.unread && !connection.link.is_throttled();
                    if turn.again || !connection.finished {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    connection.unread = false;
                    return;
                }
                Err(error) => return self.end(connection, Reason::Error(error.kind())),
            }
        }
    }

    /// The peer has closed its side.
    fn closed<T: Stream>(&mut self, connection: &mut Connection<S, T>) {
        connection.unread = false;
        match connection.link.phase() {
            Phase::Lingering => connection.link.enter(Phase::Gone),
            _ => self.end(connection, Reason::Closed),
        }
    }

    /// Handles what the connection had waiting and the first `count` bytes of the read buffer.
    #[inline]
    fn receive<T: Stream>(&mut self, connection: &mut Connection<S, T>, count: usize) {
        let slot = connection.link.id.key().index;
        let now = self.desk.locals.timers.now();
        let allowed = self.throttle.as_mut().map_or(u64::MAX, |throttle| throttle.frames(slot, now));
        let mut left = allowed;
        let reason = match caught(|| self.serve(connection, count, &mut left)) {
            Ok(reason) => reason,
            Err(panic) => {
                let command = self.desk.routes.panicked();
                Some(self.panicked(&connection.link, &command, &panic))
            }
        };
        let frames = allowed - left;
        connection.link.has_handled |= frames > 0;
        self.counters.received(count, frames);
        self.conclude(connection, reason);
        if self.throttle.is_some() {
            self.hold_back(connection, frames, count);
        }
    }

    /// Handles frame after frame, until there is no whole one, the connection takes no more, or none is allowed any more;
    /// each is taken from those that are `allowed`.
    #[inline]
    fn serve<T: Stream>(
        &mut self,
        connection: &mut Connection<S, T>,
        count: usize,
        allowed: &mut u64,
    ) -> Option<Reason> {
        let Exchange { read_buffer, inbox, outbox, desk, throttle, .. } = self;
        let Connection { stream, link, session, .. } = connection;
        let (mut conn, routes) = desk.attend(link, session, outbox);
        let mut fresh = &read_buffer[..count];
        while *allowed > 0 && conn.link.takes_requests() {
            let mut fault = None;
            let Some(frame) = inbox.next(&mut conn.link.input, &mut fresh, &mut fault) else {
                match fault {
                    None => break,
                    fault => return fault,
                }
            };
            *allowed -= 1;
            let reason = routes.handle(&mut conn, frame);
            if reason.is_some() {
                return reason;
            }
            if conn.outbox.wants_flush(conn.link)
                && let Err(reason) = conn.outbox.flush(stream, conn.link)
            {
                return Some(reason);
            }
        }
        if *allowed == 0 && link.takes_requests() && throttle.as_ref().is_some_and(Throttle::ends_for_frames)
        {
            let mut fault = None;
            let is_too_fast = inbox.next(&mut link.input, &mut fresh, &mut fault).is_some();
            if let Some(reason) = if is_too_fast { Some(Reason::TooFast) } else { fault } {
                return Some(reason);
            }
        }
        if fresh.is_empty() || link.ending().is_some() {
            return None;
        }
        if link.is_held() {
            link.reach = 0;
        }
        inbox.keep(&mut link.input, fresh).err()
    }

    /// Flushes what the turn has sent, and ends the connection if there is a reason.
    #[inline]
    fn conclude<T: Stream>(&mut self, connection: &mut Connection<S, T>, reason: Option<Reason>) {
        let Connection { stream, link, .. } = connection;
        let flushed = self.outbox.flush(stream, link);
        if let Some(reason) = reason.or(link.ending()).or(flushed.err()) {
            self.end(connection, reason);
        }
        if flushed.is_err() {
            self.abandon(connection);
        }
    }

    #[cold]
    fn panicked(&self, link: &Link, what: impl fmt::Display, panic: &Panic) -> Reason {
        self.counters.panicked();
        log::error!("{what} panicked, connection {} from {} is closed: {panic}", link.id, link.peer);
        Reason::Panicked
    }
}

/// Closes a connection that has ended, once all is flushed.
fn finish<S: Service, T: Stream>(connection: &mut Connection<S, T>) {
    let Connection { stream, link, unread, .. } = connection;
    if link.phase() == Phase::Flushing && link.output.is_empty() {
        let lingers = *unread && stream.shutdown_write().is_ok();
        link.enter(if lingers { Phase::Lingering } else { Phase::Gone });
    }
}

#[cfg(test)]
mod tests;
