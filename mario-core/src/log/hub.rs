//! Where the threads that log and the log thread meet.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant, SystemTime};

use ::log::Log;

use super::escape::escape;
use super::queue::{Receiver, Sender, queue};
use super::record::Stamp;
use crate::doorbell::Doorbell;

/// How long a flush may take.
pub(super) const FLUSH_LIMIT: Duration = Duration::from_secs(5);

thread_local! {
    static IS_LOG_THREAD: Cell<bool> = const { Cell::new(false) };
}

/// What all threads share of the logger.
pub(super) struct Hub {
    /// What the log thread writes through. The others only ask it which lines are wanted.
    pub(super) dispatch: Box<dyn Log>,
    pub(super) line_limit: usize,
    queue_size: usize,
    made: Instant,
    /// Queues that the log thread does not know yet. Each thread locks this once, for its first line.
    new_queues: Mutex<Vec<Receiver>>,
    /// How many lines were lost.
    lost: AtomicU64,
    /// How many flushes were asked for, and how many of them are done.
    flushes: AtomicU64,
    flushed: Mutex<u64>,
    flush_done: Condvar,
    /// Wakes the log thread, for lines, new queues, queues that are over, and flushes.
    pub(super) doorbell: Doorbell<Thread>,
}

impl Hub {
    pub(super) fn new(
        dispatch: Box<dyn Log>,
        line_limit: usize,
        queue_size: usize,
        log_thread: Thread,
    ) -> Self {
        Hub {
            dispatch,
            line_limit,
            queue_size,
            made: Instant::now(),
            new_queues: Mutex::default(),
            lost: AtomicU64::new(0),
            flushes: AtomicU64::new(0),
            flushed: Mutex::default(),
            flush_done: Condvar::new(),
            doorbell: Doorbell::new(log_thread),
        }
    }

    /// The present, in the order of threads: later than what any thread did before.
    pub(super) fn now(&self) -> u64 {
        self.made.elapsed().as_nanos() as u64
    }

    pub(super) fn stamp(&self) -> Stamp {
        Stamp { order: self.now(), time: SystemTime::now() }
    }

    /// What a thread takes that logs: its queue, and the record that it makes.
    pub(super) fn bytes_for_thread(&self) -> usize {
        self.queue_size + 2 * self.line_limit
    }

    /// Makes the queue of the current thread.
    pub(super) fn open_queue(&self) -> Sender {
        let thread = thread::current();
        let mut name = String::new();
        match thread.name() {
            Some(given) => escape(given, &mut name),
            None => name = format!("{:?}", thread.id()),
        }
        let (sender, receiver) = queue(self.queue_size, name);
        lock(&self.new_queues).push(receiver);
        sender
    }

    pub(super) fn has_new_queues(&self) -> bool {
        !lock(&self.new_queues).is_empty()
    }

    /// Moves the queues that are new to those that the log thread knows.
    pub(super) fn take_new_queues(&self, known: &mut Vec<Receiver>) {
        known.append(&mut lock(&self.new_queues));
    }

    /// Counts lines that will never be written.
    pub(super) fn lose(&self, lines: u64) {
        self.lost.fetch_add(lines, Ordering::Relaxed);
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Waits until all is written that was queued before, or the limit is over; returns whether it is written. The log
    /// thread never waits for itself.
    pub(super) fn flush(&self, limit: Duration) -> bool {
        if is_log_thread() {
            return false;
        }
        let ticket = self.flushes.fetch_add(1, Ordering::AcqRel) + 1;
        self.doorbell.ring();
        let flushed = lock(&self.flushed);
        let waited = self.flush_done.wait_timeout_while(flushed, limit, |flushed| *flushed < ticket);
        let (flushed, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *flushed >= ticket
    }

    /// How many flushes were asked for. All that was queued before is seen after this.
    pub(super) fn flushes(&self) -> u64 {
        self.flushes.load(Ordering::Acquire)
    }

    /// So many of the flushes are done.
    pub(super) fn flushed(&self, flushes: u64) {
        let mut flushed = lock(&self.flushed);
        if *flushed != flushes {
            *flushed = flushes;
            self.flush_done.notify_all();
        }
    }
}

/// Makes the current thread the log thread, whose own lines are discarded: each would cause the next.
pub(super) fn become_log_thread() {
    IS_LOG_THREAD.set(true);
}

pub(super) fn is_log_thread() -> bool {
    IS_LOG_THREAD.get()
}

/// No code of a user runs under these locks: what a panic left is sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
