//! Log lines from any thread, with no lock and no wait on the way.
//!
//! Lines are made with the macros of the [`log`](https://docs.rs/log) crate, which this module exports too. Each
//! thread writes them into a bounded queue of its own. One thread, `mario-log`, takes them out of all queues, in the
//! order of their times, and writes them through [`fern`](https://docs.rs/fern) to stderr, a file, or a writer of yours.
//!
//! ```
//! use mario::log::{self, LevelFilter};
//!
//! # fn main() -> Result<(), log::Error> {
//! log::init(log::Config::new().level(LevelFilter::Info).level_for("noisy::module", LevelFilter::Warn))?;
//! log::info!("ready for {} connections", 1_000_000);
//! log::flush();
//! # Ok(())
//! # }
//! ```
//!
//! ```text
//! 2026-03-14T15:09:26.535Z INFO  main my_gateway: ready for 1000000 connections
//! ```
//!
//! | when | then |
//! | --- | --- |
//! | a thread's queue is full | its line is dropped and counted; as soon as there is room, the log says how many |
//! | a line is longer than the [limit](Config::line_limit) | it is cut, and ends with how many bytes are missing |
//! | a message has line breaks or other control characters | they are written as `\n`, `\u001b`, so that one line stays one line whatever the network sends |
//! | the file can't be written, say on a full disk | the lines are lost and counted; stderr says so at once, the log as soon as it can |
//! | a `Display` that is logged logs something itself | its line is written first |
//! | the program ends | what is still in the queues is lost: call [`flush`]. [`run`](crate::Builder::run) does before it returns |
//! | the program has a logger of its own | it keeps it: mario only ever uses the macros, and [`init`] is not needed |

mod batch;
mod config;
mod error;
mod escape;
mod hub;
mod line;
mod logger;
mod printer;
mod queue;
mod record;
#[cfg(feature = "rotation")]
mod rotation;
mod sink;
mod start;
mod writer;

use std::sync::{Arc, OnceLock};

pub use ::log::{Level, LevelFilter, debug, error, info, log, log_enabled, trace, warn};

pub use config::Config;
pub use error::Error;
pub use line::Line;
#[cfg(feature = "rotation")]
pub use rotation::Rotation;

use hub::{FLUSH_LIMIT, Hub};
use logger::Logger;
use start::Ready;

/// What the threads of this process share, once [`init`] installed it.
static HUB: OnceLock<Arc<Hub>> = OnceLock::new();

/// Makes mario's logger that of the whole process, and starts its thread.
///
/// # Errors
/// [`Error::AlreadySet`] if the process has a logger, which then stays; else what is wrong with the configuration, or
/// what the system refuses.
pub fn init(config: Config) -> Result<(), Error> {
    // Before there is a file or a thread. A logger that wants no errors of ours is noticed only below.
    let of_ours = ::log::Metadata::builder().level(::log::Level::Error).target("mario").build();
    if HUB.get().is_some() || ::log::logger().enabled(&of_ours) {
        return Err(Error::AlreadySet);
    }
    let ready = Ready::new(config)?;
    ::log::set_boxed_logger(Box::new(Logger(Arc::clone(&ready.hub)))).map_err(|_| Error::AlreadySet)?;
    ::log::set_max_level(ready.max_level);
    // It was not set: only who sets the logger comes here.
    let _ = HUB.set(Arc::clone(&ready.hub));
    ready.start();
    Ok(())
}

/// Waits until all that was logged before is written, or lost and counted: at most 5 s. Returns whether it is.
///
/// With a logger of another make, this is that logger's `flush`.
pub fn flush() -> bool {
    match HUB.get() {
        Some(hub) => hub.flush(FLUSH_LIMIT),
        None => {
            ::log::logger().flush();
            true
        }
    }
}

/// How many lines never reached the log since [`init`]: those that found a queue full, and those that could not be
/// written.
pub fn dropped() -> u64 {
    HUB.get().map_or(0, |hub| hub.lost())
}

/// What a thread takes that logs through mario, if the process does.
pub(crate) fn bytes_for_thread() -> usize {
    HUB.get().map_or(0, |hub| hub.bytes_for_thread())
}

/// Makes now what the first line of the current thread would make, if the process logs through mario.
pub(crate) fn prepare_thread() {
    if let Some(hub) = HUB.get() {
        logger::prepare_thread(hub);
    }
}
