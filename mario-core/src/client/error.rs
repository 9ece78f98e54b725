//! What can go wrong between a client and its server.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use mario_proto::{DecodeError, EncodeError, FrameError};
use thiserror::Error;

/// What the calls of a client may answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why there is no reply, or no client.
///
/// Only after [`Lost`](Error::Lost), [`TimedOut`](Error::TimedOut) and [`Malformed`](Error::Malformed) may the server
/// have done what was asked for; after each of the others it has not.
///
/// Its `Debug` is its `Display`, as that is what a `main` that returns it shows to whoever started the program.
#[derive(Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is none, or its name can't be resolved.
    #[error("the address {address} can't be used: {source}; write it as \"host:port\"")]
    Address {
        /// The address as it was given.
        address: String,
        /// What the resolver says.
        source: io::Error,
    },
    /// The machine is there, but nobody listens.
    #[error("{address} refuses connections: start the server, or look whether it listens on another port")]
    Refused {
        /// The address.
        address: String,
    },
    /// Nothing answers at the address.
    #[error(
        "{address} did not take the connection within {after:?}: is the machine up, and no firewall between?"
    )]
    ConnectTimedOut {
        /// The address.
        address: String,
        /// The [time](crate::client::Builder::connect_timeout) that it had.
        after: Duration,
    },
    /// The connection can't be made for another reason.
    #[error("can't connect to {address}: {source}")]
    Connect {
        /// The address.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// The [login](crate::client::Builder::on_connect) failed.
    #[error("the login failed: {source}")]
    Login {
        /// What the hook returned.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A setting is out of range.
    #[error("{setting} of {value}: it is {range}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        range: &'static str,
    },
    /// The id names an event of the connection itself.
    #[error("the command {command:#06x} is reserved: take one below 0xfffc")]
    Reserved {
        /// The id.
        command: u16,
    },
    /// The request can't be written.
    #[error("the request of command {command:#06x} can't be sent: {source}")]
    Encode {
        /// The command.
        command: u16,
        /// What is wrong with it.
        source: EncodeError,
    },
    /// So many calls of the command are unanswered that no more can be told apart.
    #[error(
        "too many calls of command {command:#06x} are unanswered: those that get no reply are to be sent with `send`, and a correlation of many calls is a `u32` or `u64`"
    )]
    Busy {
        /// The command.
        command: u16,
    },
    /// A fleet has as many connections as were set.
    #[error("there are {connections} connections already: close some, or allow more with `connections`")]
    Full {
        /// How many there may be.
        connections: usize,
    },
    /// A connection of a fleet has too much to send already.
    #[error(
        "command {command:#06x} was not sent, as {bytes} bytes wait that the server does not take: send it later, or allow more with `unsent`"
    )]
    Unsent {
        /// The command.
        command: u16,
        /// How much waits.
        bytes: usize,
    },
    /// No reply came in time.
    #[error(
        "no reply to command {command:#06x} within {after:?}: give the server more time, or use `send` if the command does not always reply"
    )]
    TimedOut {
        /// The command.
        command: u16,
        /// The [time](crate::client::Builder::call_timeout) that it had.
        after: Duration,
    },
    /// The request was sent, or a part of it, and its connection ended before the reply. It may or may not have been
    /// done. It is never sent again by itself.
    #[error("command {command:#06x} was sent, but not answered: {cause}")]
    Lost {
        /// The command.
        command: u16,
        /// Why the connection ended.
        cause: Disconnect,
    },
    /// There is no connection, so nothing was sent.
    #[error("not connected: {cause}")]
    NotConnected {
        /// Why the connection ended, or why the latest attempt to make one failed.
        cause: Disconnect,
    },
    /// The reply is not the packet that it should be.
    #[error(
        "the reply to command {command:#06x} is malformed: {source}; do both sides have the same packet?"
    )]
    Malformed {
        /// The command.
        command: u16,
        /// What is wrong, in which field.
        source: DecodeError,
    },
    /// The system refuses something that a client needs.
    #[error("can't {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

/// Why a connection ended.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum Disconnect {
    /// The server has closed it.
    #[error(
        "the server closed the connection; it does so when it stops, or is sent a token, a command or a packet that it does not take"
    )]
    ByServer,
    /// This client has closed it.
    #[error("the client closed the connection")]
    ByClient,
    /// What the server sent is no frame: a wrong token, a wrong length, or garbage.
    #[error("the server sent {0}")]
    Protocol(#[from] FrameError),
    /// Several calls of the command wait, and a reply does not tell which of them it answers.
    #[error("the server sent a reply to command {command:#06x} whose correlation can't be read")]
    Uncorrelated {
        /// The command.
        command: u16,
    },
    /// The server took nothing of what was sent to it.
    #[error("the server took nothing within {after:?}")]
    Stalled {
        /// The [call timeout](crate::client::Builder::call_timeout).
        after: Duration,
    },
    /// Heartbeats were sent, and nothing came back.
    #[error("nothing came from the server during {heartbeats} heartbeats")]
    Silent {
        /// How many.
        heartbeats: u32,
    },
    /// The connection failed, for example by a reset.
    #[error("the connection failed: {0}")]
    Failed(io::ErrorKind),
    /// Another one can't be made.
    #[error("can't connect again: {0}")]
    Unreachable(Arc<Error>),
}

impl Error {
    pub(super) fn system(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Error::System { what, source }
    }

    pub(super) fn unusable(address: &str, source: io::Error) -> Self {
        Error::Address { address: address.to_owned(), source }
    }

    /// No address of the name took the connection; why the last one did not, if there was any.
    pub(super) fn connecting(address: &str, failure: Option<io::Error>, after: Duration) -> Self {
        let Some(source) = failure else { return Error::unusable(address, io::ErrorKind::NotFound.into()) };
        let address = address.to_owned();
        match source.kind() {
            io::ErrorKind::ConnectionRefused => Error::Refused { address },
            io::ErrorKind::TimedOut => Error::ConnectTimedOut { address, after },
            _ => Error::Connect { address, source },
        }
    }
}

impl Disconnect {
    /// Why writing failed.
    pub(super) fn of_write(kind: io::ErrorKind) -> Self {
        match kind {
            io::ErrorKind::BrokenPipe => Disconnect::ByServer,
            kind => Disconnect::Failed(kind),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
