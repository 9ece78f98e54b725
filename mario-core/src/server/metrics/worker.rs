//! What one worker tells.

use std::collections::BTreeMap;

use crate::reason::Reason;
use crate::server::crew::SystemMailbox;
use crate::stats::{Door, Histogram, PoolMetrics, SlotMetrics};

/// What one worker tells.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct WorkerMetrics {
    /// What it has accepted by itself, with [`Accept::PerWorker`](crate::Accept::PerWorker); where a master accepts, that is
    /// in [`Metrics::stats`](crate::metrics::Metrics::stats) alone.
    pub door: Option<DoorMetrics>,
    /// Its slots.
    pub slots: SlotMetrics,
    /// Its connections that ended, by the name of their [`Reason`].
    pub ended: BTreeMap<&'static str, u64>,
    /// Times that something of it was full, by what it was: [`Metrics::full`](crate::metrics::Metrics::full).
    pub full: BTreeMap<&'static str, u64>,
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
    /// Requests whose [`Reply`](crate::Reply) was dropped without an answer.
    pub unanswered: u64,
    /// Times that a connection was not read for a while, as it sent faster than its
    /// [rate](crate::Builder::frame_rate) allows.
    pub throttled: u64,
    /// Panics of handlers and hooks.
    pub panics: u64,
    /// What became of pushes.
    pub pushes: PushMetrics,
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
    /// How often it did not come round in time.
    pub stalls: u64,
    /// How often it died, through a fault of mario's, and was started again.
    pub deaths: u64,
}

/// What a worker has accepted by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DoorMetrics {
    /// Connections accepted and given a slot.
    pub accepted: u64,
    /// Connections closed at once because all its slots were taken.
    pub refused: u64,
    /// Connections closed at once because they came from no [proxy](crate::Builder::proxy_protocol) that is trusted.
    pub untrusted: u64,
    /// Connections closed at once because their address had [as many as may be](crate::Builder::connections_per_address).
    pub refused_by_address: u64,
    /// Connections closed at once because more came than the [accept rate](crate::Builder::accept_rate) allows.
    pub refused_by_rate: u64,
}

/// What became of the pushes to a worker's connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PushMetrics {
    /// Sent, or waiting for their peers to read.
    pub sent: u64,
    /// Dropped for peers that read too slowly, as their [`Overflow`](crate::Overflow) says.
    pub dropped: u64,
    /// On their way to connections that ended meanwhile, or by them.
    pub gone: u64,
}

/// The mailbox of a worker: [`Builder::mailbox`](crate::Builder::mailbox).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MailboxMetrics {
    /// How many letters have room.
    pub capacity: u64,
    /// How many wait now.
    pub used: u64,
    /// How many were refused with [`PushError::Full`](crate::PushError::Full).
    pub refused: u64,
}

impl WorkerMetrics {
    pub(super) fn of(mailbox: &SystemMailbox, door: Option<&Door>) -> WorkerMetrics {
        let counters = &*mailbox.counters;
        let ended: [_; Reason::NAMES.len()] =
            std::array::from_fn(|place| (Reason::NAMES[place], counters.ended[place].get()));
        WorkerMetrics {
            door: door.map(|door| DoorMetrics {
                accepted: door.accepted.get(),
                refused: door.refused.get(),
                untrusted: door.untrusted.get(),
                refused_by_address: door.crowded.get() + counters.crowded.get(),
                refused_by_rate: door.hurried.get(),
            }),
            slots: counters.slots.read(),
            ended: BTreeMap::from(ended),
            full: counters.shortages.all().collect(),
            frames: counters.frames.get(),
            bytes: counters.bytes.get(),
            frames_sent: counters.frames_sent.get(),
            replies: counters.replies.get(),
            bytes_sent: counters.bytes_sent.get(),
            unknown: counters.unknown.get(),
            unanswered: counters.unanswered.get(),
            throttled: counters.throttled.get(),
            panics: counters.panics.get(),
            pushes: PushMetrics {
                sent: counters.pushes.sent.get(),
                dropped: counters.pushes.dropped.total(),
                gone: counters.pushes.gone.get() + mailbox.mail.lost(),
            },
            mailbox: MailboxMetrics {
                capacity: mailbox.mail.capacity() as u64,
                used: mailbox.mail.len() as u64,
                refused: mailbox.mail.refused(),
            },
            input_pool: counters.input_pool.read(),
            output_pool: counters.output_pool.read(),
            rounds: counters.round_times.read(),
            is_stalled: mailbox.is_stuck(),
            stalls: counters.stalls.get(),
            deaths: counters.deaths.get(),
        }
    }
}
