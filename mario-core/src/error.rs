//! What can be wrong with a server before it serves, and at its end.

use std::collections::TryReserveError;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::link::ConnId;
use crate::service::dispatch::CommandDescription;

/// What [`Builder::start`](crate::Builder::start) and [`Builder::run`](crate::Builder::run) may answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a server did not start, or did not end well.
///
/// Its `Debug` is its `Display`, as that is what a `main` that returns it shows to whoever started the program.
#[derive(Error)]
#[non_exhaustive]
pub enum Error {
    /// No address was given.
    #[error("the server has no address: give it one with `.bind(\"127.0.0.1:8082\")`")]
    NoAddress,
    /// The address is none.
    #[error("the address {address} can't be used: {source}; write it as \"host:port\"")]
    Address {
        /// The address as it was given.
        address: String,
        /// What the resolver says.
        source: io::Error,
    },
    /// The address can't be listened on.
    #[error("can't listen on {address}: {source}{}", hint(source, *address))]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The number of workers is out of range.
    #[error("{0} workers: a server has 1 to {max}; leave it out for one a core", max = ConnId::MAX_WORKERS)]
    Workers(usize),
    /// The number of connections is out of range.
    #[error("{0} connections: a worker has 1 to {max}", max = ConnId::MAX_SLOTS)]
    Connections(usize),
    /// The limit for a packet is too small.
    #[error("a packet limit of {0} bytes: the header alone has 8, so that it is 8 to 65535")]
    MaxPacket(u16),
    /// The backlog is zero.
    #[error("a backlog of 0: it is at least 1")]
    Backlog,
    /// More timers than can be numbered.
    #[error("{0} timers for each worker: it is 0 to {most}", most = crate::service::timers::MOST_TIMERS)]
    Timers(usize),
    /// No room for pushes, or more than is sensible.
    #[error("a mailbox of {0} pushes: it is 1 to {most}", most = crate::mail::MOST_LETTERS)]
    Mailbox(usize),
    /// More memberships in groups than can be numbered.
    #[error("{0} memberships for each worker: it is 0 to {most}", most = crate::parts::groups::MOST_MEMBERSHIPS)]
    Memberships(usize),
    /// No room for answers that are owed, or more than is sensible.
    #[error("{0} deferred answers for each worker: it is 1 to {most}", most = crate::mail::MOST_LETTERS)]
    Deferred(usize),
    /// No room for work that waits, or more than is sensible.
    #[error("a pool's queue of {0}: it is 1 to {most}", most = crate::service::pool::LONGEST_QUEUE)]
    PoolQueue(usize),
    /// The command of a ping can't be one.
    #[error("a ping of {id:#06x}: {why}")]
    Ping {
        /// Its id.
        id: u16,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A time of TCP's keep-alive is out of range.
    #[error("a {name} of {value:?}: it is 1 s to 32767 s")]
    KeepAlive {
        /// Which.
        name: &'static str,
        /// The time.
        value: Duration,
    },
    /// The number of keep-alive's probes is out of range.
    #[error("{0} probes of keep-alive: it is 1 to 127")]
    Probes(u32),
    /// Operators are not asked who they are.
    #[error(
        "an admin listener on {0}: it is for this machine alone, as nobody is asked for a password; take 127.0.0.1 or [::1]"
    )]
    AdminAddress(SocketAddr),
    /// A duration is out of range.
    #[error("a {name} of {value:?}: it is 1 ms to {longest:?}", longest = crate::parts::deadlines::LONGEST)]
    Timeout {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: Duration,
    },
    /// The water marks are not in order.
    #[error(
        "water marks {low} and {high}, limit {limit}, pool {pool}: they must rise, the limit at least {turn} above the high-water mark",
        turn = crate::link::outbox::Outbox::CAPACITY
    )]
    Marks {
        /// The low-water mark in bytes.
        low: usize,
        /// The high-water mark in bytes.
        high: usize,
        /// The most that may wait for a connection, in bytes.
        limit: usize,
        /// The pool in bytes.
        pool: usize,
    },
    /// A text that is no address or prefix.
    #[error(
        "`{text}` is no address or prefix: write it as \"10.1.2.3\", \"10.0.0.0/8\", \"2001:db8::7\" or \"2001:db8::/32\""
    )]
    Prefix {
        /// The text.
        text: String,
    },
    /// A prefix is longer than an address.
    #[error("prefixes of {ipv4} and {ipv6} bits: one of IPv4 has 0 to 32, one of IPv6 0 to 128")]
    PrefixLengths {
        /// The length for IPv4.
        ipv4: u8,
        /// The length for IPv6.
        ipv6: u8,
    },
    /// No address may connect.
    #[error("0 connections for each address: it is at least 1; leave the setting out for no limit")]
    PerAddress,
    /// A rate that lets nothing through.
    #[error("the {name} is {} a second, {} at once: both are at least 1; leave it out for no limit", rate.per_second, rate.burst)]
    Rate {
        /// The setting.
        name: &'static str,
        /// Its value.
        rate: crate::parts::rate::Rate,
    },
    /// A burst of bytes that is smaller than a packet closes whoever sends one.
    #[error(
        "a byte rate that closes, with a burst of {burst}: it is at least the packet limit, {max_packet}"
    )]
    ByteBurst {
        /// The burst in bytes.
        burst: u32,
        /// The longest packet that is taken, in bytes.
        max_packet: u16,
    },
    /// The PROXY protocol was asked for, and nobody may speak it.
    #[error(
        "the PROXY protocol with no proxy that is trusted: name their addresses or prefixes, or \"0.0.0.0/0\" and \"::/0\" for all"
    )]
    NoProxies,
    /// The heartbeat's id can't be used.
    #[error("the heartbeat {id:#06x} can't be used: {why}")]
    Heartbeat {
        /// The id.
        id: u16,
        /// What stands against it.
        why: &'static str,
    },
    /// The system can't accept in this way.
    #[error("{what} needs Linux, which this system is not: take `Accept::Master`")]
    NeedsLinux {
        /// The setting.
        what: &'static str,
    },
    /// Private descriptors were asked for, though a master accepts.
    #[error(
        "private descriptors can't be with a master, whose sockets such workers would not have: add `.accept(Accept::PerWorker)`, or leave out `.private_descriptors()`"
    )]
    PrivateDescriptors,
    /// There is not so much memory.
    #[error(
        "no memory for the slots and pools of {workers} workers: {source}; take fewer connections or smaller pools"
    )]
    Memory {
        /// How many workers were asked for.
        workers: usize,
        /// What the allocator says.
        source: TryReserveError,
    },
    /// systemd, or the server before, passes more sockets than can be taken.
    #[error(
        "{sockets} listening sockets are passed to the server, which is too many: a master listens on one, and with `Accept::PerWorker` each of the workers, here {workers}, does"
    )]
    PassedSockets {
        /// How many there are.
        sockets: usize,
        /// How many workers the server has.
        workers: usize,
    },
    /// The hand-over from the server before, or to the next one, is not possible.
    #[error("can't {what} through {}: {source}", path.display())]
    HandOver {
        /// What was tried.
        what: &'static str,
        /// The path of the Unix socket.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system refuses something that a server needs.
    #[error("can't {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The log can't be set up.
    #[error(transparent)]
    Log(#[from] crate::log::Error),
    /// The server has ended, but not all that it had sent could be flushed.
    #[error(
        "{connections} connections were closed before all was sent to them: within the shutdown timeout their peers did not read it"
    )]
    Unflushed {
        /// How many connections did not get all.
        connections: usize,
    },
    /// The server has ended without one of its workers, as a handler or hook in it never returned. Its thread is left
    /// behind: it goes on until the process exits.
    #[error("worker {worker} did not come round to end in time, and is left behind; {}", last_command(*command))]
    Stuck {
        /// Which worker.
        worker: usize,
        /// The last command that it began, if that is one of the service's.
        command: Option<CommandDescription>,
    },
    /// A thread of the server panicked, which is a fault of mario.
    #[error("the thread {0} panicked")]
    Died(String),
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn hint(error: &io::Error, address: SocketAddr) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!(
                "; another program listens there: end it, or take another port than {} (0 lets the system choose)",
                address.port()
            )
        }
        io::ErrorKind::PermissionDenied if address.port() < 1024 => {
            format!("; port {} needs a privilege: take one from 1024 on", address.port())
        }
        io::ErrorKind::PermissionDenied => {
            format!(
                "; a policy of this system does not let the program take port {}: change that, or take another",
                address.port()
            )
        }
        io::ErrorKind::AddrNotAvailable => format!("; this machine has no address {}", address.ip()),
        _ => String::new(),
    }
}

/// The end of a sentence on a worker that hangs.
pub(crate) fn last_command(running: Option<CommandDescription>) -> String {
    match running {
        Some(CommandDescription { id, name, .. }) => {
            format!("the last command that it began is {id:#06x} ({name})")
        }
        None => "it has begun no command yet, or one of no handler".to_owned(),
    }
}
