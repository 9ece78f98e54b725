//! Frames that no call waits for.

use std::fmt;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};

use ::tokio::sync::Notify;
use ::tokio::sync::futures::Notified;

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
            let mut changed = pin!(self.0.changed.notified());
            if let Some(next) = self.0.next_or_listen(changed.as_mut()) {
                return next;
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

    /// What [`Pushes::next`] gives, if that is known now. If not, who has called this is told of what comes, from now on:
    /// of several frames that come before it waits, only one would be remembered.
    fn next_or_listen(&self, changed: Pin<&mut Notified<'_>>) -> Option<Option<Received>> {
        changed.enable();
        let mut queue = lock(&self.queue);
        if queue.is_idle() { None } else { Some(queue.pop()) }
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

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::task::{Context, Poll, Waker};
    use std::thread;
    use std::time::Duration;

    use ::tokio::runtime;
    use ::tokio::time::timeout;
    use mario_proto::Frame;

    use super::*;

    fn frame() -> Received {
        Received::new(Frame { stx: 0, cmd: 1, payload: &[] })
    }

    #[test]
    fn two_that_come_between_the_look_and_the_wait_of_two_wake_both() {
        let queue = PushQueue::new(2);
        let mut waits = [(); 2].map(|()| Box::pin(queue.changed.notified()));
        for wait in &mut waits {
            assert!(queue.next_or_listen(wait.as_mut()).is_none());
        }
        for _ in 0..2 {
            queue.push(frame());
        }
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(waits.map(|mut wait| wait.as_mut().poll(&mut context)), [Poll::Ready(()); 2]);
    }

    /// Whether they wait by then or are about to.
    #[test]
    fn of_two_that_come_at_once_none_is_left_while_somebody_waits() {
        const ROUNDS: usize = 2_000;
        let queue = Arc::new(PushQueue::new(2));
        let round = Arc::new(Barrier::new(3));
        let takers = [(); 2].map(|()| {
            let (pushes, round) = (Pushes::new(Arc::clone(&queue)), Arc::clone(&round));
            thread::spawn(move || {
                let runtime = runtime::Builder::new_current_thread().enable_time().build().unwrap();
                for _ in 0..ROUNDS {
                    round.wait();
                    let next =
                        runtime.block_on(async { timeout(Duration::from_secs(60), pushes.next()).await });
                    assert!(next.is_ok_and(|frame| frame.is_some()));
                }
            })
        });
        for _ in 0..ROUNDS {
            round.wait();
            for _ in 0..2 {
                queue.push(frame());
            }
        }
        for taker in takers {
            taker.join().unwrap();
        }
    }
}
