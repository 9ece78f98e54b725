//! What a server tells of itself, worker by worker and command by command.

#[cfg(feature = "metrics")]
mod export;
mod families;
mod prometheus;
mod report;
mod worker;

use std::collections::BTreeMap;

use crate::server::control::Control;
use crate::service::dispatch::CommandDescription;
pub use crate::stats::{Histogram, PoolMetrics, SlotMetrics};
#[cfg(feature = "metrics")]
pub use export::MetricsExport;
pub use worker::{DoorMetrics, MailboxMetrics, PushMetrics, WorkerMetrics};

use crate::stats::{Row, Stats};

/// All that a server has counted since it started, and how it is now.
///
/// ```
/// # use mario::Server;
/// # struct Gateway;
/// # impl mario::Service for Gateway { type Session = (); type Worker = (); }
/// # fn main() -> mario::Result<()> {
/// # let server = Server::builder(Gateway, mario::commands![]).bind("127.0.0.1:0").workers(2).start()?;
/// let metrics = server.handle().metrics();
/// assert_eq!(metrics.workers.len(), 2);
/// let slots = &metrics.workers[0].slots;
/// assert_eq!(slots.free + slots.open + slots.closing, slots.capacity);
/// print!("{}", metrics.to_prometheus());
/// # server.shutdown()
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// Of the whole server.
    pub stats: Stats,
    /// Of each worker.
    pub workers: Vec<WorkerMetrics>,
    /// Of each command of the service, in the order of their list.
    pub commands: Vec<CommandMetrics>,
    /// Connections that ended, by the name of their [`Reason`](crate::Reason).
    pub ended: BTreeMap<&'static str, u64>,
    /// Times that something of a worker was full, by what it was: `input_pool`, `output_pool` and `output_limit` end a
    /// connection with [`Reason::Overflow`](crate::Reason::Overflow), and so does `deferred`, or drop a push; of `kept_pushes` a push is dropped; of
    /// `timers` and `memberships` the service is told.
    pub full: BTreeMap<&'static str, u64>,
    /// Pushes that were dropped for peers that read too slowly, by their commands' ids: together
    /// [`Stats::pushes_dropped`].
    pub pushes_dropped: BTreeMap<u16, u64>,
    /// How many users are online.
    pub users: u64,
}

/// What is known of one command.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CommandMetrics {
    /// Its id.
    pub id: u16,
    /// The name of its handler.
    pub name: &'static str,
    /// Requests, whatever became of them.
    pub requests: u64,
    /// Of those, how many were no such packet.
    pub malformed: u64,
    /// Of those, how many a guard did not let run.
    pub denied: u64,
    /// Panics of its handler.
    pub panics: u64,
    /// How long its handler took, if [`Builder::time_commands`](crate::Builder::time_commands) is set; without requests
    /// that a guard did not let run, and without panics.
    pub times: Option<Histogram>,
}

impl Metrics {
    pub(crate) fn of(control: &Control, stats: Stats) -> Metrics {
        let mailboxes = &control.mailboxes;
        let door = |number: usize| match control.master {
            Some(_) => None,
            None => control.doors.get(number).map(|door| &**door),
        };
        let numbered = mailboxes.iter().enumerate();
        let workers: Vec<_> =
            numbered.map(|(number, mailbox)| WorkerMetrics::of(mailbox, door(number))).collect();
        let mut ended = BTreeMap::new();
        for (name, count) in workers.iter().flat_map(|worker| &worker.ended) {
            *ended.entry(*name).or_default() += count;
        }
        let mut full = BTreeMap::new();
        for (name, count) in workers.iter().flat_map(|worker| &worker.full) {
            *full.entry(*name).or_default() += count;
        }
        let mut commands: Vec<_> = control.commands.iter().map(CommandMetrics::new).collect();
        for counters in mailboxes.iter().filter_map(|mailbox| mailbox.counters.commands()) {
            // Both are in the order of the list.
            for (command, (requests, row)) in commands.iter_mut().zip(counters.all()) {
                command.requests += requests;
                command.add(row);
            }
        }
        let mut pushes_dropped = BTreeMap::new();
        for (command, count) in mailboxes.iter().flat_map(|mailbox| mailbox.counters.pushes.dropped.counts())
        {
            *pushes_dropped.entry(command).or_default() += count;
        }
        let users = control.connections.online() as u64;
        Metrics { stats, workers, commands, ended, full, pushes_dropped, users }
    }
}

impl CommandMetrics {
    fn new(command: &CommandDescription) -> Self {
        CommandMetrics { id: command.id, name: command.name, ..CommandMetrics::default() }
    }

    /// Adds what else one worker has counted.
    fn add(&mut self, row: &Row) {
        self.malformed += row.malformed.get();
        self.denied += row.denied.get();
        self.panics += row.panics.get();
        if let Some(times) = &row.times {
            self.times.get_or_insert_default().merge(&times.read());
        }
    }
}
