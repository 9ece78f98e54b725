//! What a server tells of itself, worker by worker and command by command.

#[cfg(feature = "metrics")]
mod export;
mod families;
mod prometheus;
mod report;

use std::collections::BTreeMap;

use crate::crew::SystemMailbox;
use crate::dispatch::CommandDescription;
use crate::handle::Control;
use crate::reason::Reason;
pub use crate::stats::{Histogram, PoolMetrics, SlotMetrics};
#[cfg(feature = "metrics")]
pub use export::MetricsExport;

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
    /// Connections that ended, by the name of their [`Reason`].
    pub ended: BTreeMap<&'static str, u64>,
    /// How many users are online.
    pub users: u64,
}

/// What one worker tells.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct WorkerMetrics {
    /// Its slots.
    pub slots: SlotMetrics,
    /// Whole frames received.
    pub frames: u64,
    /// Bytes received.
    pub bytes: u64,
    /// Frames that were sent, or wait for peers that read slowly.
    pub frames_sent: u64,
    /// Of those, how many were replies to requests.
    pub replies: u64,
    /// Bytes that its sockets took.
    pub bytes_sent: u64,
    /// Frames of commands that nobody handles, but for heartbeats.
    pub unknown: u64,
    /// Panics of handlers and hooks.
    pub panics: u64,
    /// Its mailbox: what other threads want of its connections.
    pub mailbox: MailboxMetrics,
    /// Bytes of the pool for incomplete input that are used; whole segments count.
    pub input_pool: PoolMetrics,
    /// Bytes of the pool for unsent output that are used; whole segments count.
    pub output_pool: PoolMetrics,
    /// How long the rounds of its loop took, from the end of one wait to the beginning of the next: for so long a
    /// connection waits for others.
    pub rounds: Histogram,
    /// Whether it does not come round: [`Builder::watchdog`](crate::Builder::watchdog).
    pub is_stalled: bool,
}

/// The mailbox of a worker: [`Builder::mailbox`](crate::Builder::mailbox).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MailboxMetrics {
    /// How many pushes have room.
    pub capacity: u64,
    /// How many wait now.
    pub used: u64,
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
        let mut ended = BTreeMap::new();
        for name in Reason::NAMES {
            let sum = mailboxes.iter().map(|mailbox| mailbox.counters.ended[Reason::place(name)].get()).sum();
            ended.insert(name, sum);
        }
        let mut commands: Vec<_> = control.commands.iter().map(CommandMetrics::new).collect();
        for counters in mailboxes.iter().filter_map(|mailbox| mailbox.counters.commands()) {
            // Both are in the order of the list.
            for (command, (requests, row)) in commands.iter_mut().zip(counters.all()) {
                command.requests += requests;
                command.add(row);
            }
        }
        Metrics {
            stats,
            workers: mailboxes.iter().map(|mailbox| worker(mailbox)).collect(),
            commands,
            ended,
            users: control.connections.online() as u64,
        }
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

fn worker(mailbox: &SystemMailbox) -> WorkerMetrics {
    let counters = &*mailbox.counters;
    WorkerMetrics {
        slots: counters.slots.read(),
        frames: counters.frames.get(),
        bytes: counters.bytes.get(),
        frames_sent: counters.frames_sent.get(),
        replies: counters.replies.get(),
        bytes_sent: counters.bytes_sent.get(),
        unknown: counters.unknown.get(),
        panics: counters.panics.get(),
        mailbox: MailboxMetrics { capacity: mailbox.mail.capacity() as u64, used: mailbox.mail.len() as u64 },
        input_pool: counters.input_pool.read(),
        output_pool: counters.output_pool.read(),
        rounds: counters.round_times.read(),
        is_stalled: mailbox.is_stuck(),
    }
}
