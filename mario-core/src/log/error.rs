use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why [`init`](super::init) did not install the logger.
///
/// Its `Debug` is its `Display`, as that is what a `main` that returns it shows to whoever started the program.
#[derive(Error)]
#[non_exhaustive]
pub enum Error {
    /// The process has a logger.
    #[error(
        "the program has a logger, which stays: call `mario::log::init` once, and only if no other is set"
    )]
    AlreadySet,
    /// The file can't be opened.
    #[error("can't open the log file {}: {source}; its folder must exist and be writable", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The limit of a line is out of range.
    #[error("a line limit of {bytes} bytes: it is {least} to {most}")]
    LineLimit {
        /// The limit.
        bytes: usize,
        /// The smallest.
        least: usize,
        /// The largest.
        most: usize,
    },
    /// The size of a queue is out of range.
    #[error("a log queue of {bytes} bytes: so that it takes a line of the limit, it is {least} to {most}")]
    QueueSize {
        /// The size.
        bytes: usize,
        /// The smallest, with this limit of a line.
        least: usize,
        /// The largest.
        most: usize,
    },
    /// The log thread can't be started.
    #[error("can't start the log thread: {0}")]
    Thread(#[source] io::Error),
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
