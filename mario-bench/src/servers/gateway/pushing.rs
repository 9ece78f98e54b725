//! Threads that push to one connection after another, as fast as the workers take it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use mario::{ConnId, Connections, Message, PushError, Reply};

use crate::orders::Pushed;

/// How long a thread waits when a mailbox is full: a small part of what its worker needs to empty it.
const PATIENCE: Duration = Duration::from_micros(100);

/// The threads. Dropping them leaves them to themselves, and ends them.
pub(super) struct Pushers {
    is_over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Pushed>>,
}

impl Pushers {
    /// So many threads, each beginning with another part of the crowd.
    pub(super) fn start(
        connections: &Connections,
        crowd: &[ConnId],
        message: &Message,
        threads: usize,
    ) -> Pushers {
        let is_over = Arc::new(AtomicBool::new(false));
        let start = |thread: usize| {
            let mut turns = crowd.to_vec();
            turns.rotate_left(thread * crowd.len() / threads);
            let (connections, message, is_over) = (connections.clone(), message.clone(), is_over.clone());
            thread::spawn(move || push(&connections, &turns, &message, &is_over))
        };
        Pushers { threads: (0..threads).map(start).collect(), is_over }
    }

    /// Ends them, and tells what they have done.
    pub(super) fn stop(mut self, reply: Reply<Pushed>) {
        let threads = std::mem::take(&mut self.threads);
        self.is_over.store(true, Relaxed);
        thread::spawn(move || {
            let mut sum = Pushed::default();
            for Pushed { accepted, refused } in threads.into_iter().flat_map(JoinHandle::join) {
                sum.accepted += accepted;
                sum.refused += refused;
            }
            // Who has left does not want to know.
            let _ = reply.send(sum);
        });
    }
}

impl Drop for Pushers {
    fn drop(&mut self) {
        self.is_over.store(true, Relaxed);
    }
}

/// Until it is over, or one of them has left.
fn push(connections: &Connections, turns: &[ConnId], message: &Message, is_over: &AtomicBool) -> Pushed {
    let mut pushed = Pushed::default();
    let mut turns = turns.iter().cycle();
    let mut next = turns.next();
    while let Some(id) = next
        && !is_over.load(Relaxed)
    {
        match connections.push_message(*id, message) {
            Ok(()) => {
                pushed.accepted += 1;
                next = turns.next();
            }
            Err(PushError::Full(_)) => {
                pushed.refused += 1;
                thread::sleep(PATIENCE);
            }
            Err(_) => break,
        }
    }
    pushed
}
