//! Why a connection ends.

use std::convert::Infallible;
use std::io;

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
    /// [answers that are owed](crate::Builder::deferred). Which of them, [`Metrics::full`](crate::Metrics::full) counts.
    Overflow,
    /// A handler or the connected hook panicked.
    Panicked,
    /// The worker of the connection has died, through a fault of mario's, and was started again.
    WorkerDied,
    /// The server is shutting down.
    ShutDown,
}

impl Reason {
    /// The names of all reasons, as metrics have them.
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

    /// Where a name is among them.
    pub(crate) fn place(name: &str) -> usize {
        Self::NAMES.iter().position(|other| *other == name).unwrap_or_default()
    }

    /// The name of this one, without what it holds.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Reason::Closed => "closed",
            Reason::TimedOut => "timed_out",
            Reason::Incomplete => "incomplete",
            Reason::NotAdmitted => "not_admitted",
            Reason::Error(_) => "error",
            Reason::Protocol(_) => "protocol",
            Reason::Proxy(_) => "proxy",
            Reason::TooManyOfAddress => "too_many_of_address",
            Reason::TooFast => "too_fast",
            Reason::UnknownCommand(_) => "unknown_command",
            Reason::Denied(_) => "denied",
            Reason::Malformed(..) => "malformed",
            Reason::Unanswered(_) => "unanswered",
            Reason::Service => "service",
            Reason::Kicked => "kicked",
            Reason::Unsendable(_) => "unsendable",
            Reason::Overflow => "overflow",
            Reason::Panicked => "panicked",
            Reason::WorkerDied => "worker_died",
            Reason::ShutDown => "shut_down",
        }
    }
}
