//! From a frame to the handler of its command.

use std::sync::Arc;
use std::time::Instant;

use mario_proto::Frame;

use crate::reason::{Close, Reason};
use crate::service::Service;
use crate::service::conn::Conn;
use crate::service::dispatch::{Commands, Handled, Handler};
use crate::stats::{CommandCounters, Counter, Counters, Shortage};

/// The table, and what is counted of its commands.
pub(crate) struct Routes<S: Service> {
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

impl<S: Service> Routes<S> {
    pub(super) fn new(
        commands: Commands<S>,
        heartbeat: Option<u16>,
        counters: Arc<Counters>,
        is_timed: bool,
    ) -> Self {
        let by_command = counters.of_commands(|| CommandCounters::new(&commands, is_timed));
        let requests = Arc::clone(&by_command.requests);
        Routes { commands, heartbeat, counters, requests, by_command, is_timed }
    }

    /// Handles one frame; the answer is the reason for which the connection ends, if it does.
    #[inline]
    pub(crate) fn handle(&self, conn: &mut Conn<'_, S>, frame: Frame<'_>) -> Option<Reason> {
        // Alone, its parts stay in registers.
        let Frame { cmd, payload, .. } = frame;
        conn.request = Some(cmd);
        self.counters.runs(cmd);
        let place = self.commands.place(cmd);
        let Some(handler) = self.commands.handler(place) else {
            return self.without_handler(conn, cmd, payload);
        };
        if let Some(requests) = self.requests.get(place) {
            requests.add(1);
        }
        let handled = match self.is_timed {
            false => run(handler, conn, cmd, payload),
            true => self.run_timed(handler, conn, cmd, payload),
        };
        match handled {
            Handled::Done => None,
            other => self.without_success(other, conn, cmd, payload),
        }
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

    /// Runs a handler, and counts how long it takes.
    #[cold]
    fn run_timed(
        &self,
        handler: Handler<S>,
        conn: &mut Conn<'_, S>,
        command: u16,
        payload: &[u8],
    ) -> Handled {
        let start = Instant::now();
        let handled = run(handler, conn, command, payload);
        if let Some(times) = &self.by_command.row(self.commands.place(command)).times
            && !matches!(handled, Handled::Denied)
        {
            times.add(start.elapsed());
        }
        handled
    }

    #[cold]
    fn without_success(
        &self,
        handled: Handled,
        conn: &mut Conn<'_, S>,
        command: u16,
        payload: &[u8],
    ) -> Option<Reason> {
        let row = self.by_command.row(self.commands.place(command));
        let frame = Frame { stx: conn.outbox.stx(), cmd: command, payload };
        match handled {
            Handled::Done => None,
            Handled::Close => Some(Reason::Service),
            Handled::NoRoom => {
                self.counters.shortages.count(Shortage::Answers);
                let now = conn.locals.timers.now();
                let text = format_args!("{}: all answers of the worker are owed already", self.running());
                conn.locals.none_left.error(now, text);
                Some(Reason::Overflow)
            }
            Handled::Unsendable(error) => {
                log::error!("{}: its reply can't be encoded: {error}", self.running());
                Some(Reason::Unsendable(error))
            }
            Handled::Denied => {
                row.denied.add(1);
                match conn.service.denied(conn, frame) {
                    Ok(()) => None,
                    Err(Close) => Some(Reason::Denied(command)),
                }
            }
            Handled::Malformed(error) => {
                row.malformed.add(1);
                match conn.service.malformed(conn, frame, error) {
                    Ok(()) => None,
                    Err(Close) => Some(Reason::Malformed(command, error)),
                }
            }
        }
    }

    #[cold]
    fn without_handler(&self, conn: &mut Conn<'_, S>, command: u16, payload: &[u8]) -> Option<Reason> {
        if self.heartbeat == Some(command) {
            // What can go wrong here, its link knows.
            let _ = conn.outbox.push_bytes(conn.link, command, payload);
            return None;
        }
        self.counters.unknown.add(1);
        let frame = Frame { stx: conn.outbox.stx(), cmd: command, payload };
        match conn.service.unknown_command(conn, frame) {
            Ok(()) => None,
            Err(Close) => Some(Reason::UnknownCommand(command)),
        }
    }
}

/// Asks the guard of all commands, and runs a handler.
#[inline]
fn run<S: Service>(handler: Handler<S>, conn: &mut Conn<'_, S>, command: u16, payload: &[u8]) -> Handled {
    match conn.service.admits(conn, command) {
        true => handler(conn, payload),
        false => Handled::Denied,
    }
}
