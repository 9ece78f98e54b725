//! Settings: what is done about a worker that hangs.

use std::time::Duration;

use super::{Builder, checked_timeout};
use crate::error::Result;
use crate::server::watchdog::Patience;
use crate::service::Service;

/// What is done about a worker that hangs, as it was set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SupervisionSettings(Patience);

impl Default for SupervisionSettings {
    fn default() -> Self {
        SupervisionSettings(Patience { warn: Some(Duration::from_secs(5)), abort: None })
    }
}

impl SupervisionSettings {
    pub(crate) fn check(self) -> Result<Patience> {
        for (name, limit) in [("watchdog", self.0.warn), ("abort of a stalled server", self.0.abort)] {
            limit.map(|limit| checked_timeout(name, limit)).transpose()?;
        }
        Ok(self.0)
    }
}

impl<S: Service> Builder<S> {
    /// How long a worker may take for one round of its loop: 1 ms to 12 days, or `None`; by default 5 s. What takes so
    /// long is a handler that blocks.
    ///
    /// One that takes longer is logged, with the command that it is in, and counted as [stalled](crate::metrics::Stats::stalled);
    /// the master deals it no more connections until it comes round again. With
    /// [`Accept::PerWorker`](crate::Accept::PerWorker) connections still wait for it in its own backlog.
    pub fn watchdog(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.supervision.0.warn = limit.into();
        self
    }

    /// Aborts the process when a worker has not come round for so long, 1 ms to 12 days: for those whose supervisor
    /// starts it again. By default the server goes on without the worker.
    pub fn abort_stalled(mut self, after: impl Into<Option<Duration>>) -> Self {
        self.supervision.0.abort = after.into();
        self
    }
}
