//! From the macros to the queue of the thread.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use ::log::{Log, Metadata, Record};

use super::hub::{FLUSH_LIMIT, Hub, is_log_thread};
use super::queue::Sender;
use super::record;

/// What the macros call.
pub(super) struct Logger(pub(super) Arc<Hub>);

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.0.dispatch.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if is_log_thread() || !self.enabled(record.metadata()) {
            return;
        }
        if THREAD.try_with(|thread| thread.log(&self.0, record)).is_err() {
            // The thread is ending and its queue is gone: this line travels in one of its own.
            ThisThread::new().log(&self.0, record);
        }
    }

    fn flush(&self) {
        self.0.flush(FLUSH_LIMIT);
    }
}

/// Makes the queue of the current thread, so that not even its first line allocates or locks.
pub(super) fn prepare_thread(hub: &Arc<Hub>) {
    THREAD.with(|thread| thread.prepare(hub));
}

thread_local! {
    static THREAD: ThisThread = const { ThisThread::new() };
}

/// What a thread keeps, from its first line to its end, so that its next lines allocate nothing.
struct ThisThread {
    record: Cell<Vec<u8>>,
    way: RefCell<Option<Way>>,
}

/// The way to the log thread. The fields are dropped in this order: the log thread is told once the queue is over.
struct Way {
    queue: Sender,
    _end: End,
}

impl Way {
    fn open(hub: &Arc<Hub>) -> Self {
        Way { queue: hub.open_queue(), _end: End(Arc::clone(hub)) }
    }
}

struct End(Arc<Hub>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.doorbell.ring();
    }
}

impl ThisThread {
    const fn new() -> Self {
        ThisThread { record: Cell::new(Vec::new()), way: RefCell::new(None) }
    }

    /// Makes now what the first line would make.
    fn prepare(&self, hub: &Arc<Hub>) {
        let mut record = self.record.take();
        record.reserve(hub.line_limit);
        self.record.set(record);
        self.way.borrow_mut().get_or_insert_with(|| Way::open(hub));
    }

    fn log(&self, hub: &Arc<Hub>, line: &Record<'_>) {
        // Taken, not borrowed: a `Display` that logs comes here again.
        let mut record = self.record.take();
        record::encode(&mut record, hub.line_limit, hub.stamp(), line);

        let mut way = self.way.borrow_mut();
        let way = way.get_or_insert_with(|| Way::open(hub));
        if way.queue.send(&record).is_err() {
            hub.lose(1);
        }
        self.record.set(record);
        hub.doorbell.ring();
    }
}
