//! Where frames and events are handed to the service.

mod routes;

use std::sync::Arc;
use std::time::Duration;

use crate::link::Link;
use crate::link::outbox::Outbox;
use crate::mail::Asked;
use crate::mail::call::Call;
use crate::reason::{Close, Reason};
use crate::service::Service;
use crate::service::call::CallFor;
use crate::service::conn::Conn;
use crate::service::dispatch::{Commands, Handled};
use crate::service::locals::Locals;
use crate::service::reply::Unanswered;
use crate::service::timers::ForConn;
use crate::stats::Counters;

pub(crate) use self::routes::Routes;

/// The service, what the worker keeps for it, and its table.
pub(crate) struct Desk<S: Service> {
    pub(crate) service: Arc<S>,
    pub(crate) locals: Locals<S>,
    pub(crate) routes: Routes<S>,
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
        Desk { service, locals, routes: Routes::new(commands, heartbeat, counters, is_timed) }
    }

    /// A connection as the service sees it, and where its frames go.
    #[inline]
    pub(crate) fn attend<'a>(
        &'a mut self,
        link: &'a mut Link,
        session: &'a mut S::Session,
        outbox: &'a mut Outbox,
    ) -> (Conn<'a, S>, &'a Routes<S>) {
        let Desk { service, locals, routes } = self;
        (Conn { service, locals, session, link, outbox, request: None }, routes)
    }

    pub(crate) fn connected(&mut self, link: &mut Link, session: &mut S::Session, outbox: &mut Outbox) {
        let (mut conn, _) = self.attend(link, session, outbox);
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
        let (mut conn, _) = self.attend(link, session, outbox);
        call(&mut conn);
    }

    /// Runs a call of another thread, which may be the answer to a request; the reason for which the connection ends, if
    /// it does.
    pub(crate) fn run(
        &mut self,
        link: &mut Link,
        session: &mut S::Session,
        outbox: &mut Outbox,
        request: Option<Asked>,
        call: Call,
    ) -> Option<Reason> {
        let (mut conn, _) = self.attend(link, session, outbox);
        conn.request = request.map(|request| request.command);
        // That it is for this service, is seen where it is made.
        match call.into::<CallFor<S>>()?(&mut conn) {
            Handled::Close => Some(Reason::Service),
            Handled::Unsendable(error) => {
                log::error!("the answer for connection {} can't be encoded: {error}", conn.id());
                Some(Reason::Unsendable(error))
            }
            _ => None,
        }
    }

    /// A request that nobody will answer any more; the reason for which the connection ends, if it does.
    pub(crate) fn unanswered(
        &mut self,
        link: &mut Link,
        session: &mut S::Session,
        outbox: &mut Outbox,
        request: Asked,
    ) -> Option<Reason> {
        let (mut conn, _) = self.attend(link, session, outbox);
        conn.request = Some(request.command);
        match conn.service.unanswered(&mut conn, Unanswered(request)) {
            Ok(()) => None,
            Err(Close) => Some(Reason::Unanswered(request.command)),
        }
    }

    pub(crate) fn draining(
        &mut self,
        link: &mut Link,
        session: &mut S::Session,
        outbox: &mut Outbox,
    ) -> Duration {
        let (mut conn, _) = self.attend(link, session, outbox);
        conn.service.draining(&mut conn)
    }

    pub(crate) fn disconnected(
        &mut self,
        link: &mut Link,
        session: &mut S::Session,
        outbox: &mut Outbox,
        reason: Reason,
    ) {
        let (mut conn, _) = self.attend(link, session, outbox);
        conn.service.disconnected(&mut conn, reason);
    }
}
