//! Why a connection ends.

use std::convert::Infallible;
use std::{fmt, io};

use mario_proto::{DecodeError, EncodeError, FrameError, ProxyError};

/// Says that the connection is to be closed: the error of a handler or hook.
///
/// What was replied before is flushed first. Make your own errors convertible to it, and `?` closes:
///
/// ```
/// struct NotLoggedIn;
/// impl From<NotLoggedIn> for mario::Close {
///     fn from(_: NotLoggedIn) -> Self {
///         mario::Close
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close;

impl From<Infallible> for Close {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// Why a connection ended. The book's chapter *The wire* says which bytes lead to which reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The peer closed its side.
    Closed,
    /// The peer sent nothing for the read timeout, or took nothing for the write timeout.
    TimedOut,
    /// A frame that the peer had begun, or its first one, was not whole in time.
    Incomplete,
    /// The service has not admitted the peer in time: [`Builder::login_timeout`](crate::Builder::login_timeout).
    NotAdmitted,
    /// The socket failed.
    Error(io::ErrorKind),
    /// The peer sent a header that breaks the rules.
    Protocol(FrameError),
    /// The connection comes from a [proxy](crate::Builder::proxy_protocol) and did not begin with the header of one. The
    /// service never knew of it, and no hook is called.
    Proxy(ProxyError),
    /// The connection comes through a [proxy](crate::Builder::proxy_protocol) for a client whose address has [as many as may
    /// be](crate::Builder::connections_per_address). The service never knew of it, and no hook is called.
    TooManyOfAddress,
    /// The peer sent more frames or bytes than its [rate](crate::Builder::frame_rate) allows, and that closes.
    TooFast,
    /// The peer sent this id, and no command takes it.
    UnknownCommand(u16),
    /// The peer sent this command, and its guard or the service's did not let it run.
    Denied(u16),
    /// The peer sent this command with a payload that is no such packet.
    Malformed(u16, DecodeError),
    /// The peer sent this command, and its [`Reply`](crate::Reply) was dropped without an answer.
    Unanswered(u16),
    /// The service closed it.
    Service,
    /// Its user has come by another connection, and may have but one: [`Others::Kick`](crate::Others::Kick).
    Kicked,
    /// A packet of the service could not be encoded.
    Unsendable(EncodeError),
    /// There was no room for what the peer has asked for or sent: more output would wait for it than its
    /// [limit](crate::Builder::output_limit); or one of the worker's is full, the pool of
    /// [output](crate::Builder::output_pool) or [input](crate::Builder::input_pool), or
    /// [answers that are owed](crate::Builder::deferred). Which of them, [`Metrics::full`](crate::metrics::Metrics::full) counts.
    Overflow,
    /// A handler or the connected hook panicked.
    Panicked,
    /// The worker of the connection has died, through a fault of mario's, and was started again.
    WorkerDied,
    /// The server is shutting down.
    ShutDown,
}

impl Reason {
    /// The names of all reasons, each at its [place](Reason::place).
    pub(crate) const NAMES: [&'static str; 20] = [
        "closed",
        "timed_out",
        "incomplete",
        "not_admitted",
        "error",
        "protocol",
        "proxy",
        "too_many_of_address",
        "too_fast",
        "unknown_command",
        "denied",
        "malformed",
        "unanswered",
        "service",
        "kicked",
        "unsendable",
        "overflow",
        "panicked",
        "worker_died",
        "shut_down",
    ];

    /// Which one it is, without what it holds, as metrics name it: `timed_out`.
    pub fn name(&self) -> &'static str {
        Self::NAMES[self.place()]
    }

    /// Where it is among all reasons.
    pub(crate) fn place(&self) -> usize {
        match self {
            Reason::Closed => 0,
            Reason::TimedOut => 1,
            Reason::Incomplete => 2,
            Reason::NotAdmitted => 3,
            Reason::Error(_) => 4,
            Reason::Protocol(_) => 5,
            Reason::Proxy(_) => 6,
            Reason::TooManyOfAddress => 7,
            Reason::TooFast => 8,
            Reason::UnknownCommand(_) => 9,
            Reason::Denied(_) => 10,
            Reason::Malformed(..) => 11,
            Reason::Unanswered(_) => 12,
            Reason::Service => 13,
            Reason::Kicked => 14,
            Reason::Unsendable(_) => 15,
            Reason::Overflow => 16,
            Reason::Panicked => 17,
            Reason::WorkerDied => 18,
            Reason::ShutDown => 19,
        }
    }
}

/// As a log has it: what has happened, with what it was about.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Closed => f.write_str("closed by the peer"),
            Reason::TimedOut => f.write_str("timed out"),
            Reason::Incomplete => f.write_str("a frame was not whole in time"),
            Reason::NotAdmitted => f.write_str("not admitted in time"),
            Reason::Error(kind) => write!(f, "the socket failed: {kind}"),
            Reason::Protocol(error) => write!(f, "no frame: {error}"),
            Reason::Proxy(error) => write!(f, "no proxy's header: {error}"),
            Reason::TooManyOfAddress => f.write_str("too many connections of its address"),
            Reason::TooFast => f.write_str("it sends faster than it may"),
            Reason::UnknownCommand(command) => write!(f, "no command takes {command:#06x}"),
            Reason::Denied(command) => write!(f, "command {command:#06x} may not run for it"),
            Reason::Malformed(command, error) => write!(f, "command {command:#06x} is malformed: {error}"),
            Reason::Unanswered(command) => write!(f, "command {command:#06x} was not answered"),
            Reason::Service => f.write_str("closed by the service"),
            Reason::Kicked => f.write_str("its user has come by another connection"),
            Reason::Unsendable(error) => write!(f, "a reply can't be sent: {error}"),
            Reason::Overflow => f.write_str("no room for what it sends or does not read"),
            Reason::Panicked => f.write_str("its handler panicked"),
            Reason::WorkerDied => f.write_str("its worker died"),
            Reason::ShutDown => f.write_str("the server shuts down"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_told_by_its_name_and_in_words() {
        let reason = Reason::UnknownCommand(0x602);
        assert_eq!(
            (reason.name(), reason.to_string()),
            ("unknown_command", "no command takes 0x0602".into())
        );
        assert_eq!((Reason::Closed.place(), Reason::ShutDown.place()), (0, Reason::NAMES.len() - 1));
    }
}
