//! Frames that no call waits for.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::client::lock;
use crate::client::longest;
use crate::client::queue::Queue;
use crate::client::received::Received;

/// Where the frames arrive that no call waits for: what the server sends by itself.
///
/// Iterating blocks until there is one, and ends when the client is closed for good and all are taken. It goes on over
/// [reconnects](crate::client::Builder::reconnect). Clones take from the same queue, so that each frame goes to one of
/// them.
///
/// The queue [is bounded](crate::client::Builder::push_queue). What arrives when it is full is dropped and
/// [counted](Pushes::dropped); calls are not delayed by pushes that nobody takes.
#[derive(Clone)]
pub struct Pushes(Arc<PushQueue>);

/// Between the thread that reads and those who take.
pub(super) struct PushQueue {
    queue: Mutex<Queue>,
    changed: Condvar,
}

impl Pushes {
    pub(super) fn new(queue: Arc<PushQueue>) -> Self {
        Pushes(queue)
    }

    /// The next one, if there is one now.
    pub fn try_next(&self) -> Option<Received> {
        lock(&self.0.queue).pop()
    }

    /// The next one, if it comes within `timeout`, at most 12 days; `None` also once the client is closed for good.
    pub fn next_within(&self, timeout: Duration) -> Option<Received> {
        let waited =
            self.0.changed.wait_timeout_while(lock(&self.0.queue), longest(timeout), |queue| queue.is_idle());
        let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        queue.pop()
    }

    /// How many were dropped so far because the queue was full.
    pub fn dropped(&self) -> u64 {
        lock(&self.0.queue).dropped()
    }
}

impl Iterator for Pushes {
    type Item = Received;

    fn next(&mut self) -> Option<Received> {
        let waited = self.0.changed.wait_while(lock(&self.0.queue), |queue| queue.is_idle());
        waited.unwrap_or_else(PoisonError::into_inner).pop()
    }
}

impl PushQueue {
    pub(super) fn new(capacity: usize) -> Self {
        PushQueue { queue: Mutex::new(Queue::new(capacity)), changed: Condvar::new() }
    }

    pub(super) fn push(&self, frame: Received) {
        if lock(&self.queue).push(frame) {
            self.changed.notify_one();
        }
    }

    /// No more will come.
    pub(super) fn close(&self) {
        lock(&self.queue).close();
        self.changed.notify_all();
    }
}

impl fmt::Debug for Pushes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lock(&self.0.queue).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use mario_proto::Frame;

    use super::*;

    fn push(number: u16) -> Received {
        Received::new(Frame { stx: 0, cmd: number, payload: &[] })
    }

    #[test]
    fn a_full_queue_drops_what_comes_and_counts_it() {
        let queue = Arc::new(PushQueue::new(2));
        let mut pushes = Pushes::new(Arc::clone(&queue));
        (1..=5).for_each(|number| queue.push(push(number)));
        assert_eq!(pushes.dropped(), 3);
        assert_eq!(pushes.try_next(), Some(push(1)));
        queue.push(push(6));
        queue.close();
        assert_eq!(pushes.clone().collect::<Vec<_>>(), [push(2), push(6)]);
        assert_eq!((pushes.next(), pushes.try_next()), (None, None));
    }

    #[test]
    fn a_wait_is_over_with_its_time_a_push_or_the_end() {
        let queue = Arc::new(PushQueue::new(1));
        let pushes = Pushes::new(Arc::clone(&queue));
        assert_eq!(pushes.next_within(Duration::from_millis(1)), None);
        let taker = std::thread::spawn({
            let pushes = pushes.clone();
            move || (pushes.next_within(Duration::MAX), pushes.next_within(Duration::MAX))
        });
        queue.push(push(1));
        while !pushes.0.queue.lock().unwrap().is_idle() {
            std::thread::yield_now();
        }
        queue.close();
        assert_eq!(taker.join().unwrap(), (Some(push(1)), None));
    }
}
