//! The turns that the service's own hooks and timers have.

use std::fmt;
use std::time::Duration;

use super::{Connection, Exchange};
use crate::link::Link;
use crate::net::Stream;
use crate::panics::{Panic, caught};
use crate::reason::Reason;
use crate::service::desk::Desk;
use crate::service::timers::ForConn;
use crate::service::{Service, Worker};

impl<S: Service> Exchange<S> {
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

    /// The turn that a timer gives.
    #[cold]
    pub(crate) fn call<T: Stream>(&mut self, connection: &mut Connection<S, T>, call: ForConn<S>) {
        let Connection { link, session, .. } = connection;
        let (desk, outbox) = (&mut self.desk, &mut self.outbox);
        let called = caught(|| desk.call(link, session, outbox, call));
        let reason = called.err().map(|panic| self.panicked(link, "a timer's call", &panic));
        self.conclude(connection, reason);
    }

    #[cold]
    pub(super) fn panicked(&self, link: &Link, what: impl fmt::Display, panic: &Panic) -> Reason {
        self.counters.panicked();
        log::error!("{what} panicked, connection {} from {} is closed: {panic}", link.id, link.peer);
        Reason::Panicked
    }
}
