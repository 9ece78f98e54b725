//! The threads of a load, and the one that watches them.

use std::thread::{self, ScopedJoinHandle, Thread};
use std::time::Duration;

use anyhow::{Context, anyhow};

/// How often the watching thread looks.
const GLANCE: Duration = Duration::from_millis(25);

/// Runs each job in a thread of its own, and `watch` again and again until all have ended; it is told whether one has, or was never
/// started.
///
/// # Errors
/// The system has no thread for one, or the first error of a job.
pub(crate) fn run<T: Send>(
    jobs: impl IntoIterator<Item = impl FnOnce() -> anyhow::Result<T> + Send>,
    mut watch: impl FnMut(bool),
) -> anyhow::Result<Vec<T>> {
    thread::scope(|scope| {
        let watcher = thread::current();
        let mut threads = Vec::new();
        let mut failed = None;
        for job in jobs {
            let wake = Wake(watcher.clone());
            let work = move || {
                let _at_the_end = wake;
                job()
            };
            match thread::Builder::new().name("load".into()).spawn_scoped(scope, work) {
                Ok(thread) => threads.push(thread),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        loop {
            let ended = threads.iter().filter(|thread| thread.is_finished()).count();
            watch(ended > 0 || failed.is_some());
            if ended == threads.len() {
                break;
            }
            thread::park_timeout(GLANCE);
        }
        let join = |thread: ScopedJoinHandle<'_, _>| {
            thread.join().map_err(|_| anyhow!("a thread of the load panicked"))?
        };
        let results = threads.into_iter().map(join).collect();
        match failed {
            Some(error) => Err(error).context("starting the threads of the load"),
            None => results,
        }
    })
}

/// Wakes a thread when it is dropped.
struct Wake(Thread);

impl Drop for Wake {
    fn drop(&mut self) {
        self.0.unpark();
    }
}
