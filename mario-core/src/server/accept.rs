//! Who accepts connections.

/// Who accepts connections, as set by [`Builder::accept`](crate::Builder::accept).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Accept {
    /// One thread accepts, and deals each connection to the worker that has the fewest. The load is even, and a
    /// connection is refused only when the slots of all workers are taken.
    #[default]
    Master,
    /// Each worker accepts for itself, from a listener of its own on the same port (`SO_REUSEPORT`). No connection
    /// changes hands, so that a great many can come and go at the same time. Only on Linux.
    ///
    /// The system deals them by a hash of both addresses, not by load: with many clients workers get about as many each,
    /// with few they do not. A worker whose slots are all taken closes a connection at once and counts it as
    /// [refused](crate::metrics::Stats::refused), though others may have room: give workers some more slots than their share.
    ///
    /// Sockets of other servers on the port are an error of [`start`](crate::Builder::start), as they are with a master.
    PerWorker,
}
