//! What is counted: each worker in numbers of its own, which any thread may read.

pub(crate) mod notice;

mod by_command;
mod commands;
mod gauges;
mod histogram;
mod shortages;

use std::sync::atomic::{AtomicU16, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use by_command::ByCommand;
pub(crate) use commands::{CommandCounters, Row};
use gauges::{Pool, Slots};
pub use gauges::{PoolMetrics, SlotMetrics};
pub use histogram::Histogram;
use histogram::Times;
pub(crate) use shortages::Shortage;
use shortages::Shortages;

use crate::extent::Extent;
use crate::reason::Reason;

/// What a server has counted since it started.
///
/// The numbers are read one after the other while the workers go on: each is right, their sums may be off by what
/// happened in between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Connections accepted and given to a worker.
    pub accepted: u64,
    /// Connections closed at once because no worker had a free slot, or not [the one](crate::Accept::PerWorker) that
    /// accepted them.
    pub refused: u64,
    /// Connections closed at once because they came from no [proxy](crate::Builder::proxy_protocol) that is trusted.
    pub untrusted: u64,
    /// Connections closed at once because their address had [as many as may be](crate::Builder::connections_per_address).
    pub refused_by_address: u64,
    /// Connections closed at once because more came than the [accept rate](crate::Builder::accept_rate) allows.
    pub refused_by_rate: u64,
    /// Times that connections waited in the backlog because more came than the [accept rate](crate::Builder::accept_rate)
    /// allows.
    pub accept_delays: u64,
    /// Connections from proxies that ended before their [header](crate::Builder::proxy_protocol) was whole, as it was
    /// malformed, did not come in time, or the proxy closed; those that a shutdown ended are not counted.
    pub proxy_errors: u64,
    /// Connections that have a slot now, or are on their way to one; those that are being closed included.
    pub open: u64,
    /// Times that accepting had to pause, as the system was out of descriptors or memory.
    pub accept_pauses: u64,
    /// Whole frames received, those that ended their connection included.
    pub frames: u64,
    /// Bytes received.
    pub bytes: u64,
    /// Times that a connection was not read for a while, as it sent faster than its [rate](crate::Builder::frame_rate) allows.
    pub throttled: u64,
    /// Connections closed because they sent faster than their [rate](crate::Builder::frame_rate) allows.
    pub too_fast: u64,
    /// Panics of handlers and hooks.
    pub panics: u64,
    /// Workers that do not come round now.
    pub stalled: u64,
    /// Times that a worker did not come round for longer than the [watchdog](crate::Builder::watchdog) allows.
    pub stalls: u64,
    /// Times that a worker died, through a fault of mario's, and was started again.
    pub deaths: u64,
    /// Requests whose [`Reply`](crate::Reply) was dropped without an answer.
    pub unanswered: u64,
    /// Pushes that were sent, or wait in the queues of their connections for these to read; those that wait
    /// [aside](crate::Overflow::KeepLatest) are counted as soon as they leave, or do not.
    pub pushes: u64,
    /// Pushes that were dropped, as their [`Overflow`](crate::Overflow) says, for peers that read too slowly; one that
    /// another took the place of included.
    pub pushes_dropped: u64,
    /// Pushes whose connections ended while they were on their way or waited aside, or by them: at the output limit. And
    /// those to users whose connections were others' when it came to them.
    pub pushes_gone: u64,
    /// Pushes that were refused with [`PushError::Full`](crate::PushError::Full); one to many counts once for each worker.
    pub pushes_refused: u64,
}

/// A number with one writer.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// As there is one writer, a load and a store do; no other thread's cache line is locked.
    #[inline]
    pub(crate) fn add(&self, count: u64) {
        self.0.store(self.0.load(Relaxed) + count, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// What one worker counts.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) frames: Counter,
    pub(crate) bytes: Counter,
    pub(crate) panics: Counter,
    /// Connections that ended, by why; also those that were none of the service's yet.
    pub(crate) ended: [Counter; Reason::NAMES.len()],
    pub(crate) frames_sent: Counter,
    pub(crate) replies: Counter,
    pub(crate) bytes_sent: Counter,
    /// Frames that no command takes, but for heartbeats.
    pub(crate) unknown: Counter,
    /// Laid out once the worker knows its commands.
    commands: OnceLock<Arc<CommandCounters>>,
    pub(crate) slots: Slots,
    pub(crate) input_pool: Pool,
    pub(crate) output_pool: Pool,
    pub(crate) shortages: Shortages,
    pub(crate) round_times: Times,
    pub(crate) unanswered: Counter,
    pub(crate) pushes: Pushes,
    pub(crate) proxy_errors: Counter,
    pub(crate) throttled: Counter,
    pub(crate) too_fast: Counter,
    /// Clients of proxies whose address had too many connections.
    pub(crate) crowded: Counter,
    /// How often the worker died and was started again.
    pub(crate) deaths: Counter,
    /// How often the worker did not come round in time; the watchdog counts.
    pub(crate) stalls: Counter,
    /// The command that was begun last.
    running: AtomicU16,
    /// Rounds of the worker's loop: who has work or was woken makes some.
    pub(crate) rounds: Counter,
}

/// What became of pushes.
#[derive(Debug, Default)]
pub(crate) struct Pushes {
    pub(crate) sent: Counter,
    pub(crate) dropped: ByCommand,
    pub(crate) gone: Counter,
}

impl Counters {
    /// A connection has ended.
    pub(crate) fn ends(&self, reason: Reason) {
        self.ended[reason.place()].add(1);
    }

    /// What they take, but for those of commands.
    pub(crate) fn extent() -> Extent {
        Extent::fixed(size_of::<Self>()) + ByCommand::extent()
    }

    /// What is counted for each command; laid out by the first call. A worker that is started again goes on with it.
    pub(crate) fn of_commands(&self, lay_out: impl FnOnce() -> CommandCounters) -> Arc<CommandCounters> {
        Arc::clone(self.commands.get_or_init(|| Arc::new(lay_out())))
    }

    /// The same, once it is laid out.
    pub(crate) fn commands(&self) -> Option<&CommandCounters> {
        self.commands.get().map(|commands| &**commands)
    }

    #[inline]
    pub(crate) fn received(&self, bytes: usize, frames: u64) {
        self.bytes.add(bytes as u64);
        self.frames.add(frames);
    }

    /// A command begins.
    #[inline]
    pub(crate) fn runs(&self, command: u16) {
        self.running.store(command, Relaxed);
    }

    /// The command that was begun last.
    pub(crate) fn running(&self) -> u16 {
        self.running.load(Relaxed)
    }

    pub(crate) fn panicked(&self) {
        self.panics.add(1);
    }
}

/// What the master counts, or each worker that accepts for itself.
#[derive(Debug, Default)]
pub(crate) struct Door {
    pub(crate) accepted: Counter,
    pub(crate) refused: Counter,
    pub(crate) untrusted: Counter,
    pub(crate) crowded: Counter,
    pub(crate) hurried: Counter,
    pub(crate) delayed: Counter,
    pub(crate) pauses: Counter,
}
