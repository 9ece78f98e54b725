//! Named threads, and what the system says when it has none.

use std::thread::{self, JoinHandle};

use crate::error::{Error, Result};

/// Starts a thread with a name.
pub(crate) fn spawn<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>> {
    thread::Builder::new().name(name.to_owned()).spawn(run).map_err(system("start a thread"))
}

/// Waits for a thread to end.
pub(crate) fn join<T>(thread: JoinHandle<T>) -> Result<T> {
    let name = thread.thread().name().unwrap_or("unnamed").to_owned();
    thread.join().map_err(|_| Error::Died(name))
}

/// Makes an error of what the system says when it is asked for `what`.
pub(crate) fn system(what: &'static str) -> impl FnOnce(std::io::Error) -> Error {
    move |source| Error::System { what, source }
}
