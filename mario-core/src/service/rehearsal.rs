//! A connection without a socket, to time the way from a frame to its reply and nothing else.

use std::collections::TryReserveError;
use std::net::SocketAddr;
use std::sync::Arc;

use mario_proto::Frame;

use crate::link::outbox::{Keeping, Marks, Outbox};
use crate::link::{ConnId, Link};
use crate::mail::connections::Connections;
use crate::mail::users::Bound;
use crate::net::system::Bell;
use crate::parts::groups::Groups;
use crate::parts::slots::Key;
use crate::reason::Reason;
use crate::service::Service;
use crate::service::desk::Desk;
use crate::service::dispatch::Commands;
use crate::service::locals::Locals;
use crate::service::timers::Timers;
use crate::stats::Counters;
use crate::stx::Stx;

/// The service's side of one connection: its table, its handlers, and the buffer that their replies are encoded to.
///
/// For the benchmarks of this repository.
#[doc(hidden)]
pub struct Rehearsal<S: Service> {
    desk: Desk<S>,
    link: Link,
    session: S::Session,
    outbox: Outbox,
}

impl<S: Service> Rehearsal<S> {
    /// A connection of this service.
    ///
    /// # Errors
    /// When there is no memory for its buffers.
    pub fn new(service: S, commands: Commands<S>) -> Result<Self, TryReserveError> {
        let connections = Connections::new::<S, Bell>(Stx::default().0, &[]);
        let (timers, groups, bound) = (Timers::new(0, 1)?, Groups::new(0, 1)?, Bound::new(1)?);
        let counters = Arc::<Counters>::default();
        let locals = Locals::new(timers, groups, bound, connections, 0, Arc::clone(&counters));
        let keeping = Keeping { each: 0, bytes: 0 };
        let marks = Marks { low_water: 0, high_water: 0, limit: Outbox::CAPACITY };
        let id = ConnId::new(0, Key { index: 0, generation: 0 });
        Ok(Rehearsal {
            desk: Desk::new(Arc::new(service), commands, None, locals, Arc::clone(&counters), false),
            link: Link::new(id, SocketAddr::from(([127, 0, 0, 1], 1))),
            session: S::Session::default(),
            outbox: Outbox::new(Stx::default().0, marks, marks.limit, (keeping, 0), counters)?,
        })
    }

    /// Handles a frame as a worker does, and gives what was sent for it; otherwise why the connection would end.
    ///
    /// # Errors
    /// That reason.
    #[inline]
    pub fn handle(&mut self, frame: Frame<'_>) -> Result<&[u8], Reason> {
        let (mut conn, routes) = self.desk.attend(&mut self.link, &mut self.session, &mut self.outbox);
        match routes.handle(&mut conn, frame) {
            None => Ok(self.outbox.take()),
            Some(reason) => Err(reason),
        }
    }
}
