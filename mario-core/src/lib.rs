//! TCP services that keep very many connections open for a very long time: annotate functions, get a server.
//!
//! ```no_run
//! use mario::{Conn, Packet, Server, Service};
//!
//! /// The service: what its handlers share, and what each connection and each worker keeps.
//! struct Greeter;
//!
//! impl Service for Greeter {
//!     type Session = Calls; // one for each connection, made by `Default`
//!     type Worker = (); // one for each worker thread, reached without a lock
//! }
//!
//! #[derive(Default)]
//! struct Calls(u32);
//!
//! #[derive(Packet)]
//! struct SayHello<'a> {
//!     name: &'a str, // borrowed from the read buffer
//! }
//!
//! #[derive(Packet)]
//! struct Hello {
//!     greeting: String,
//!     calls: u32,
//! }
//!
//! #[mario::command(0x0602)]
//! fn say_hello(conn: &mut Conn<'_, Greeter>, request: SayHello<'_>) -> Hello {
//!     let Calls(calls) = conn.session();
//!     *calls += 1;
//!     Hello { greeting: format!("hello, {}", request.name), calls: *calls }
//! }
//!
//! fn main() -> mario::Result<()> {
//!     Server::builder(Greeter, mario::commands![say_hello]).bind("127.0.0.1:8082").run()
//! }
//! ```
//!
//! | what | where |
//! | --- | --- |
//! | what travels: a packet, and how its fields are laid out | [`derive(Packet)`](macro@Packet) |
//! | what is done with it: a command, by its id | [`command`], and [`commands!`] for the table |
//! | what lasts: for a connection, a worker, the service | [`Service`] |
//! | what a handler sees and does | [`Conn`] |
//! | what is answered or done later | [`Reply`], [`Pool`]; [`Timer`] |
//! | what others are told: pushes to connections, users and groups | [`Connections`], [`Name`] |
//! | how a connection ends | [`Reason`], [`Close`] |
//! | the settings, with their defaults and limits | [`Builder`], [`Accept`], [`Rate`] |
//! | a running server: what it counts, and what it takes | [`Server`], [`ServerHandle`]; [`metrics`], [`memory`] |
//! | clients, from the same packets | [`client`] |
//! | tests of a service, without sockets and waits | [`testing`] |
//! | log lines that never block a worker | [`log`](mod@log) |
//! | the wire itself, for clients and tools | [`proto`] |
//!
//! # How it works
//!
//! One master thread accepts and deals connections to workers, each with an event loop of its own; or
//! [each worker accepts](Accept::PerWorker). A worker's slots and buffers are laid out when it starts; a request costs
//! one read, one write and its share of one wait, allocates nothing and takes no lock. An idle connection owns its slot
//! and nothing else. The book that comes with the repository tells more, and its chapter *The wire* each byte.
//!
//! # Features
//!
//! None is on by default: `tokio` is a client for its tasks, `rotation` log files that begin anew by size or by date, and
//! `metrics` hands on to the crate of that name [what a server counts](mod@metrics).
#![forbid(unsafe_code)]
#![warn(unreachable_pub)]

// Generated code says `::mario`; inside this crate that is this crate.
extern crate self as mario;

pub mod client;
mod doorbell;
mod error;
mod extent;
mod link;
pub mod log;
mod mail;
mod net;
mod panics;
mod parts;
mod reason;
mod server;
mod service;
// The fuzzer uses a part of it.
#[cfg(any(test, fuzzing))]
#[cfg_attr(fuzzing, allow(dead_code))]
mod simulation;
mod stats;
mod stx;
mod sync;
pub mod testing;
mod threads;
mod worker;

pub use error::{Error, Result};
pub use link::message::Message;
pub use link::outbox::SendError;
pub use link::{ConnId, ConnIdError};
pub use mail::connections::{Connections, PushError, Pushed, SlowConnection};
pub use mail::users::{BindError, Others};
pub use net::system::KeepAlive;
pub use parts::groups::JoinError;
pub use parts::name::{Name, NameError};
pub use parts::rate::{Excess, Rate};
pub use reason::{Close, Reason};
pub use server::Server;
pub use server::accept::Accept;
pub use server::builder::Builder;
pub use server::handle::ServerHandle;
pub use service::conn::Conn;
pub use service::dispatch::{CommandDescription, Commands, Entry};
pub use service::pool::{Pool, PoolError};
pub use service::reply::{Reply, Unanswered};
pub use service::timers::{Timer, TimerError};
pub use service::{Service, Worker};
pub use stx::{Stx, StxError};

pub use mario_macros::{Packet, command, commands};
pub use mario_proto::{self as proto, DecodeError, Frame, Overflow, Packet, Payload, Request};

/// What a server counts: as a whole, worker by worker and command by command.
pub mod metrics {
    #[cfg(feature = "metrics")]
    pub use crate::server::metrics::MetricsExport;
    pub use crate::server::metrics::{
        CommandMetrics, DoorMetrics, Histogram, MailboxMetrics, Metrics, PoolMetrics, PushMetrics,
        SlotMetrics, WorkerMetrics,
    };
    pub use crate::stats::Stats;
}

/// What a server takes of memory, known before it starts: [`Builder::memory`].
pub mod memory {
    pub use crate::extent::Extent;
    pub use crate::server::memory::{Memory, WorkerMemory};
}

/// What generated code names; not for users.
#[doc(hidden)]
pub mod __private {
    pub use crate::service::conn::AnyConn;
    pub use crate::service::dispatch::command::{
        Command, CommandOf, Handled, NoCommand, close, correlation, deferred, deferred_description, entry,
        name, no_request, reply, reply_description, request, request_description,
    };
    pub use crate::service::dispatch::distinct::{all_distinct, assert_distinct};
    pub use crate::service::dispatch::table::{Table, page_count};
    pub use crate::service::dispatch::{Commands, Entry};
    pub use crate::service::rehearsal::Rehearsal;
    pub use crate::{Conn, Service};
    pub use mario_proto::__private::*;

    /// For the fuzzer, who sets this flag for all that it compiles.
    #[cfg(fuzzing)]
    pub fn connection(bytes: &[u8]) {
        crate::simulation::connection(bytes);
    }

    /// For tests of what becomes of a worker that dies; whether it will.
    #[cfg(feature = "__deaths")]
    pub fn kill_worker(connections: &crate::Connections, worker: usize) -> bool {
        connections.kill_worker(worker)
    }
}
