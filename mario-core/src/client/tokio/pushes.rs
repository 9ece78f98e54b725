//! Frames that no call waits for.

use std::fmt;
use std::sync::{Arc, Mutex};

use ::tokio::sync::Notify;

use crate::client::lock;
use crate::client::queue::Queue;
use crate::client::received::Received;

/// Where the frames arrive that no call waits for: what the server sends by itself.
///
/// It goes on over [reconnects](crate::client::Builder::reconnect). Clones take from the same queue, so that each frame
/// goes to one of them.
///
/// The queue [is bounded](crate::client::Builder::push_queue). What arrives when it is full is dropped and
/// [counted](Pushes::dropped); calls are not delayed by pushes that nobody takes.
#[derive(Clone)]
pub struct Pushes(Arc<PushQueue>);

/// Between the task that reads and those who take.
pub(super) struct PushQueue {
    queue: Mutex<Queue>,
    changed: Notify,
}

impl Pushes {
    pub(super) fn new(queue: Arc<PushQueue>) -> Self {
        Pushes(queue)
    }

    /// The next one; `None` when the client is closed for good and all are taken. If the future is dropped, none is
    /// lost.
    pub async fn next(&self) -> Option<Received> {
        loop {
            let changed = self.0.changed.notified();
            {
                let mut queue = lock(&self.0.queue);
                if !queue.is_idle() {
                    return queue.pop();
                }
            }
            changed.await;
        }
    }

    /// The next one, if there is one now.
    pub fn try_next(&self) -> Option<Received> {
        lock(&self.0.queue).pop()
    }

    /// How many were dropped so far because the queue was full.
    pub fn dropped(&self) -> u64 {
        lock(&self.0.queue).dropped()
    }
}

impl PushQueue {
    pub(super) fn new(capacity: usize) -> Self {
        PushQueue { queue: Mutex::new(Queue::new(capacity)), changed: Notify::new() }
    }

    pub(super) fn push(&self, frame: Received) {
        if lock(&self.queue).push(frame) {
            self.changed.notify_one();
        }
    }

    /// No more will come.
    pub(super) fn close(&self) {
        lock(&self.queue).close();
        self.changed.notify_waiters();
    }
}

impl fmt::Debug for Pushes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lock(&self.0.queue).fmt(f)
    }
}
