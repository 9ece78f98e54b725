//! The settings of a worker.

use std::collections::TryReserveError;
use std::sync::Arc;
use std::time::Duration;

use super::Patience;
use crate::mail::Room;
use crate::mail::connections::Connections;
use crate::mail::users::Bound;
use crate::parts::deadlines::Deadlines;
use crate::parts::groups::Groups;
use crate::service::Service;
use crate::service::locals::Locals;
use crate::service::timers::Timers;
use crate::stats::Counters;
use crate::worker::exchange::Rules;

/// The settings of a worker.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) connections: usize,
    pub(crate) read_timeout: Option<Duration>,
    pub(crate) write_timeout: Duration,
    /// How long a proxy's header may take; `None` if connections begin without.
    pub(crate) greeting: Option<Duration>,
    pub(crate) patience: Patience,
    pub(crate) shutdown_timeout: Duration,
    pub(crate) drain: Option<Duration>,
    pub(crate) tick: Option<Duration>,
    pub(crate) timers: usize,
    pub(crate) mailbox: usize,
    pub(crate) memberships: usize,
    pub(crate) deferred: usize,
    pub(crate) deliveries: usize,
    /// How many slots a survey looks at in a round.
    pub(crate) looks: u32,
    pub(crate) rules: Rules,
}

impl Plan {
    /// What a worker keeps for its service, at its start.
    pub(super) fn locals<S: Service>(
        &self,
        connections: Connections,
        counters: Arc<Counters>,
    ) -> Result<Locals<S>, TryReserveError> {
        let timers = Timers::new(self.timers, self.connections)?;
        let groups = Groups::new(self.memberships, self.connections)?;
        let bound = Bound::new(self.connections)?;
        Ok(Locals::new(timers, groups, bound, connections, self.deferred, counters))
    }

    /// When those expire who are not admitted, if that has a limit.
    pub(super) fn logins(&self) -> Result<Option<Deadlines>, TryReserveError> {
        self.patience.login.map(|_| Deadlines::new(self.connections)).transpose()
    }

    /// What a mailbox is to hold.
    pub(crate) fn room(&self) -> Room {
        Room { slots: self.connections, letters: self.mailbox, answers: self.deferred }
    }
}
