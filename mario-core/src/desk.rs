//! Where frames and events are handed to the service.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mario_proto::Frame;

use crate::conn::Conn;
use crate::dispatch::{Commands, Handled, Handler};
use crate::link::Link;
use crate::locals::Locals;
use crate::outbox::Outbox;
use crate::reason::{Close, Reason};
use crate::service::Service;
use crate::stats::{CommandCounters, Counter, Counters};
use crate::timers::ForConn;

/// The service, its table, and what the worker keeps for it.
pub(crate) struct Desk<S: Service> {
    pub(crate) service: Arc<S>,
    pub(crate) locals: Locals<S>,
    pub(crate) commands: Commands<S>,
    heartbeat: Option<u16>,
    /// Tells which command is being handled, if it panics or hangs.
    counters: Arc<Counters>,
    /// Requests, by the places of their commands.
    requests: Arc<[Counter]>,
    by_command: Arc<CommandCounters>,
    /// Whether it is counted how long handlers take.
    is_timed: bool,
}

impl<S: Service> Desk<S> {
    pub(crate) fn new(
        service: Arc<S>,
        commands: Commands<S>,
        heartbeat: Option<u16>,
        locals: Locals<S>,
        counters: Arc<Counters>,
        is_timed: bool,
    ) -> Self {
        let by_command = counters.of_commands(|| CommandCounters::new(&commands, is_timed));
        let requests = Arc::clone(&by_command.requests);
        Desk { service, locals, commands, heartbeat, counters, requests, by_command, is_timed }
    }

    /// Handles one frame; the answer is the reason for which the connection ends, if it does.
    #[inline]
    pub(crate) fn handle(
        &mut self,
        link: &mut Link,
        session: &mut S::Session,
        outbox: &mut Outbox,
        frame: Frame<'_>,
    ) -> Option<Reason> {
        self.counters.runs(frame.cmd);
        let place = self.commands.place(frame.cmd);
        let Some(handler) = self.commands.handler(place) else {
            return self.without_handler(link, session, outbox, frame);
        };
        if let Some(requests) = self.requests.get(place) {
            requests.add(1);
        }
        let handled = match self.is_timed {
            false => self.run(handler, link, session, outbox, frame),
            true => self.run_timed(place, handler, link, session, outbox, frame),
        };
        match handled {
            Handled::Done => None,
            other => self.without_success(other, place, link, session, outbox, frame),
        }
    }

    /// Asks the guard of all commands, and runs a handler.
    #[inline]
    fn run(
        &mut self,
        handler: Handler<S>,
        link: &mut Link,
        session: &mut S::Session,
        outbox: &mut Outbox,
        frame: Frame<'_>,
    ) -> Handled {
        let mut conn = self.conn(link, session, outbox, Some(frame.cmd));
        match conn.service.admits(&mut conn, frame.cmd) {
            true => handler(&mut conn, frame.payload),
            false => Handled::Denied,
        }
    }

    /// The same, and counts how long it takes.
    #[cold]
    fn run_timed(
        &mut self,
        place: usize,
        handler: Handler<S>,
        link: &mut Link,
        session: &mut S::Session,
        outbox: &mut Outbox,
        frame: Frame<'_>,
    ) -> Handled {
        let start = Instant::now();
        let handled = self.run(handler, link, session, outbox, frame);
        if let Some(times) = &self.by_command.row(place).times
            && !matches!(handled, Handled::Denied)
        {
            times.add(start.elapsed());
        }
        handled
    }

    pub(crate) fn connected(&mut self, link: &mut Link, session: &mut S::Session, outbox: &mut Outbox) {
        let mut conn = self.conn(link, session, outbox, None);
        conn.service.connected(&mut conn);
    }

    /// Runs a call that a connection was to have later.
    pub(crate) fn call(
        &mut self,
        link: &mut Link,
        session: &mut S::Session,
        outbox: &mut Outbox,
        call: ForConn<S>,
    ) {
        call(&mut self.conn(link, session, outbox, None));
    }

    /// A request that nobody will answer any more; the reason for which the connection ends, if it does.
    pub(crate) fn unanswered(
        &mut self,
        link: &mut Link,
        session: &mut S::Session,
        outbox: &mut Outbox,
        command: u16,
    ) -> Option<Reason> {
        let mut conn = self.conn(link, session, outbox, Some(command));
        match conn.service.unanswered(&mut conn, command) {
            Ok(()) => None,
            Err(Close) => Some(Reason::Unanswered(command)),
        }
    }

    pub(crate) fn draining(
        &mut self,
        link: &mut Link,
        session: &mut S::Session,
        outbox: &mut Outbox,
    ) -> Duration {
        let mut conn = self.conn(link, session, outbox, None);
        conn.service.draining(&mut conn)
    }

    pub(crate) fn disconnected(
        &mut self,
        link: &mut Link,
        session: &mut S::Session,
        outbox: &mut Outbox,
        reason: Reason,
    ) {
        let mut conn = self.conn(link, session, outbox, None);
        conn.service.disconnected(&mut conn, reason);
    }

    /// The name of the command that is being handled.
    pub(crate) fn running(&self) -> String {
        let running = self.counters.running();
        let name = self.commands.get(running).map_or("no handler", |entry| entry.name());
        format!("command {running:#06x} ({name})")
    }

    /// The handler of the command that is being handled has panicked; the answer is its name.
    #[cold]
    pub(crate) fn panicked(&self) -> String {
        self.by_command.row(self.commands.place(self.counters.running())).panics.add(1);
        self.running()
    }

    #[cold]
    fn without_success(
        &mut self,
        handled: Handled,
        place: usize,
        link: &mut Link,
        session: &mut S::Session,
        outbox: &mut Outbox,
        frame: Frame<'_>,
    ) -> Option<Reason> {
        match handled {
            Handled::Done => None,
            Handled::Close => Some(Reason::Service),
            Handled::NoRoom => {
                log::error!("{}: all answers of the worker are owed already", self.running());
                Some(Reason::Overflow)
            }
            Handled::Unsendable(error) => {
                log::error!("{}: its reply can't be encoded: {error}", self.running());
                Some(Reason::Unsendable(error))
            }
            Handled::Denied => {
                self.by_command.row(place).denied.add(1);
                let mut conn = self.conn(link, session, outbox, Some(frame.cmd));
                match conn.service.denied(&mut conn, frame) {
                    Ok(()) => None,
                    Err(Close) => Some(Reason::Denied(frame.cmd)),
                }
            }
            Handled::Malformed(error) => {
                self.by_command.row(place).malformed.add(1);
                let mut conn = self.conn(link, session, outbox, Some(frame.cmd));
                match conn.service.malformed(&mut conn, frame, error) {
                    Ok(()) => None,
                    Err(Close) => Some(Reason::Malformed(frame.cmd, error)),
                }
            }
        }
    }

    #[cold]
    fn without_handler(
        &mut self,
        link: &mut Link,
        session: &mut S::Session,
        outbox: &mut Outbox,
        frame: Frame<'_>,
    ) -> Option<Reason> {
        if self.heartbeat == Some(frame.cmd) {
            // What can go wrong here, its link knows.
            let _ = outbox.push_bytes(link, frame.cmd, frame.payload);
            return None;
        }
        self.counters.unknown.add(1);
        let mut conn = self.conn(link, session, outbox, Some(frame.cmd));
        match conn.service.unknown_command(&mut conn, frame) {
            Ok(()) => None,
            Err(Close) => Some(Reason::UnknownCommand(frame.cmd)),
        }
    }

    #[inline]
    fn conn<'a>(
        &'a mut self,
        link: &'a mut Link,
        session: &'a mut S::Session,
        outbox: &'a mut Outbox,
        request: Option<u16>,
    ) -> Conn<'a, S> {
        Conn { service: &self.service, locals: &mut self.locals, session, link, outbox, request }
    }
}
