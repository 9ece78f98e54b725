//! What goes wrong with a connection, by kind.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, ErrorKind};

use rustix::io::Errno;
use serde::{Serialize, Serializer};
use thiserror::Error;

/// How a connection failed.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Failure {
    /// Nobody listens.
    #[error("connection refused: no server listens there")]
    Refused,
    /// No answer to the attempt to connect.
    #[error("not connected in time")]
    NotConnected,
    /// RST.
    #[error("reset by the server")]
    Reset,
    /// The end of the stream.
    #[error("closed by the server")]
    Closed,
    /// A reply did not come.
    #[error("no reply in time")]
    NoReply,
    /// Bytes 0 to 3 of a reply.
    #[error("a reply with a wrong token")]
    WrongToken,
    /// Bytes 4 and 5 of a reply.
    #[error("a reply of a wrong length")]
    WrongLength,
    /// Bytes 6 and 7 of a reply.
    #[error("a reply with a wrong command")]
    WrongCommand,
    /// All others.
    #[error("a reply with a wrong payload")]
    WrongPayload,
    /// More replies than requests.
    #[error("a reply without a request")]
    Unasked,
    /// EADDRNOTAVAIL.
    #[error("no free port: widen net.ipv4.ip_local_port_range, or use more source addresses")]
    NoPort,
    /// EMFILE or ENFILE.
    #[error("no free descriptor")]
    NoDescriptor,
    /// ENOBUFS or ENOMEM.
    #[error("the kernel has no memory for it")]
    NoMemory,
    /// What else the system reports.
    #[error("{0}")]
    System(ErrorKind),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match Errno::from_io_error(&error) {
            Some(Errno::MFILE | Errno::NFILE) => return Failure::NoDescriptor,
            Some(Errno::NOBUFS | Errno::NOMEM) => return Failure::NoMemory,
            _ => {}
        }
        match error.kind() {
            ErrorKind::ConnectionRefused => Failure::Refused,
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Failure::Reset,
            ErrorKind::UnexpectedEof => Failure::Closed,
            // A blocking read or write whose time is over reports either, as the system has it.
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Failure::NoReply,
            ErrorKind::AddrNotAvailable | ErrorKind::AddrInUse => Failure::NoPort,
            kind => Failure::System(kind),
        }
    }
}

/// How many connections failed, and how.
#[derive(Clone, Debug, Default)]
pub(crate) struct Failures(BTreeMap<Failure, u64>);

impl Failures {
    /// One more.
    pub(crate) fn add(&mut self, failure: Failure) {
        *self.0.entry(failure).or_default() += 1;
    }

    /// All of `others` too.
    pub(crate) fn merge(&mut self, others: Failures) {
        for (failure, count) in others.0 {
            *self.0.entry(failure).or_default() += count;
        }
    }

    /// Whether there was none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        for (i, (failure, count)) in self.0.iter().enumerate() {
            write!(f, "{}{count} × {failure}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl Serialize for Failures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(failure, count)| (failure.to_string(), count)))
    }
}
