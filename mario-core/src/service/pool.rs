//! Threads for work that blocks.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use thiserror::Error;

use crate::error::{Error, Result};
use crate::panics::caught;
use crate::reason::Close;
use crate::threads;

/// A bounded pool of threads for work that blocks: a handler that waits would hold up all connections of its worker.
///
/// The service keeps it, and a handler gives it the work together with the [`Reply`](crate::Reply):
///
/// ```
/// use mario::{Close, Conn, Packet, Pool, Reply, Service};
///
/// struct Archive {
///     pool: Pool,
/// }
///
/// impl Service for Archive {
///     type Session = ();
///     type Worker = ();
/// }
///
/// #[derive(Packet)]
/// struct Find {
///     id: u32,
/// }
///
/// #[derive(Packet)]
/// struct Found {
///     text: String,
/// }
///
/// #[mario::command(0x0401)]
/// fn find(conn: &mut Conn<'_, Archive>, request: Find, reply: Reply<Found>) -> Result<(), Close> {
///     conn.service().pool.run(move || {
///         let text = format!("what a database says of {}", request.id);
///         // An error says that the client has gone.
///         let _ = reply.send(Found { text });
///     })?;
///     Ok(())
/// }
/// # fn main() -> mario::Result<()> {
/// # let archive = Archive { pool: Pool::new(4, 1_000)? };
/// # Ok(())
/// # }
/// ```
///
/// Where its queue is full, it refuses: what is to become of the request then, the handler decides, which may answer that
/// the server is busy.
///
/// Dropping the pool waits until all work that it has taken is done.
pub struct Pool {
    /// Until it is dropped.
    queue: Option<SyncSender<Job>>,
    capacity: usize,
    threads: Vec<JoinHandle<()>>,
    panics: Arc<AtomicU64>,
}

/// Its memory is taken at the start.
pub(crate) const LONGEST_QUEUE: usize = 1 << 20;

pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// Why work is not taken.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PoolError {
    /// So much waits already.
    #[error(
        "{0} pieces of work wait for the pool already: try later, or give it more threads or a longer queue"
    )]
    Full(usize),
}

impl From<PoolError> for Close {
    fn from(_: PoolError) -> Self {
        Close
    }
}

impl Pool {
    /// A pool of so many threads, at least one, for which so much work may wait: 1 to 1,048,576.
    ///
    /// # Errors
    /// [`Error::PoolQueue`](crate::Error::PoolQueue) if the queue is out of range, and
    /// [`Error::System`](crate::Error::System) if the system has no threads for it.
    pub fn new(threads: usize, queue: usize) -> Result<Pool> {
        if !(1..=LONGEST_QUEUE).contains(&queue) {
            return Err(Error::PoolQueue(queue));
        }
        let (sender, receiver) = sync_channel(queue);
        let receiver = Arc::new(Mutex::new(receiver));
        let panics = Arc::new(AtomicU64::new(0));
        let start = |number| {
            let (receiver, panics) = (Arc::clone(&receiver), Arc::clone(&panics));
            threads::spawn(&format!("mario-pool-{number}"), move || work(&receiver, &panics))
        };
        let threads = (0..threads.max(1)).map(start).collect::<Result<_>>()?;
        Ok(Pool { queue: Some(sender), capacity: queue, threads, panics })
    }

    /// Does `work` on a thread of the pool, as soon as one is free. A panic of it is counted and costs nothing else.
    ///
    /// # Errors
    /// [`PoolError::Full`]; the work, and a [`Reply`](crate::Reply) that was given to it, is dropped.
    pub fn run(&self, work: impl FnOnce() + Send + 'static) -> Result<(), PoolError> {
        let Some(queue) = &self.queue else { return Err(PoolError::Full(0)) };
        queue.try_send(Box::new(work)).map_err(|error| match error {
            TrySendError::Full(_) | TrySendError::Disconnected(_) => PoolError::Full(self.capacity),
        })
    }

    /// How often work has panicked.
    pub fn panics(&self) -> u64 {
        self.panics.load(Relaxed)
    }
}

fn work(queue: &Mutex<Receiver<Job>>, panics: &AtomicU64) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        perform(job, panics);
    }
}

fn perform(job: Job, panics: &AtomicU64) {
    if let Err(panic) = caught(job) {
        panics.fetch_add(1, Relaxed);
        log::error!("work of a pool panicked: {panic}");
    }
}

/// Does what the threads of a pool do, for a simulation, which says when.
#[cfg(any(test, fuzzing))]
pub(crate) struct Hands {
    queue: Receiver<Job>,
    panics: Arc<AtomicU64>,
}

#[cfg(any(test, fuzzing))]
impl Hands {
    /// A pool without threads of its own, for which so much work may wait.
    pub(crate) fn pool(queue: usize) -> (Pool, Hands) {
        let (sender, receiver) = sync_channel(queue);
        let panics = Arc::new(AtomicU64::new(0));
        let hands = Hands { queue: receiver, panics: Arc::clone(&panics) };
        (Pool { queue: Some(sender), capacity: queue, threads: Vec::new(), panics }, hands)
    }

    /// The next work that waits.
    pub(crate) fn take(&self) -> Option<Job> {
        self.queue.try_recv().ok()
    }

    pub(crate) fn perform(&self, job: Job) {
        perform(job, &self.panics);
    }

    pub(crate) fn panics(&self) -> u64 {
        self.panics.load(Relaxed)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            // What work panics of is caught.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("threads", &self.threads.len())
            .field("queue", &self.capacity)
            .finish_non_exhaustive()
    }
}
