//! What a server tells of itself, worker by worker and command by command.

mod prometheus;
mod report;

use std::collections::BTreeMap;

use crate::crew::SystemMailbox;
use crate::handle::Control;
use crate::reason::Reason;
pub use crate::stats::{Histogram, PoolMetrics, SlotMetrics};

use crate::stats::Stats;

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
    /// Frames that its handlers and hooks sent, replies and others.
    pub frames_sent: u64,
    /// Bytes that its sockets took.
    pub bytes_sent: u64,
    /// Panics of handlers and hooks.
    pub panics: u64,
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

/// What is known of one command.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CommandMetrics {
    /// Its id.
    pub id: u16,
    /// The name of its handler.
    pub name: &'static str,
    /// Requests that were no such packet.
    pub malformed: u64,
    /// Requests that a guard did not let run.
    pub denied: u64,
    /// Panics of its handler.
    pub panics: u64,
    /// How long its handler took, if [`Builder::time_commands`](crate::Builder::time_commands) is set; its count is
    /// that of the requests.
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
        let commands = control.commands.iter().map(|command| {
            let sum = |of: &dyn Fn(&SystemMailbox) -> u64| mailboxes.iter().map(|mailbox| of(mailbox)).sum();
            let times = mailboxes.iter().filter_map(|mailbox| mailbox.counters.times.of(command.id));
            CommandMetrics {
                id: command.id,
                name: command.name,
                malformed: sum(&|mailbox| mailbox.counters.malformed.of(command.id)),
                denied: sum(&|mailbox| mailbox.counters.denied.of(command.id)),
                panics: sum(&|mailbox| mailbox.counters.panicked_commands.of(command.id)),
                times: times.reduce(|mut sum, times| {
                    sum.merge(&times);
                    sum
                }),
            }
        });
        Metrics {
            stats,
            workers: mailboxes.iter().map(|mailbox| worker(mailbox)).collect(),
            commands: commands.collect(),
            ended,
            users: control.connections.online() as u64,
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
        bytes_sent: counters.bytes_sent.get(),
        panics: counters.panics.get(),
        input_pool: counters.input_pool.read(),
        output_pool: counters.output_pool.read(),
        rounds: counters.round_times.read(),
        is_stalled: mailbox.is_stuck(),
    }
}
