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
//! | how a connection ends | [`Reason`], [`Close`] |
//! | the settings, with their defaults and limits | [`Builder`], [`Accept`] |
//! | a running server | [`Server`], [`ServerHandle`], [`Stats`] |
//! | clients, from the same packets | [`client`] |
//! | log lines that never block a worker | [`log`](mod@log) |
//! | the wire itself, for clients and tools | [`proto`] |
//!
//! # How it works
//!
//! One master thread accepts and deals connections to workers, each with an event loop of its own; or
//! [each worker accepts](Accept::PerWorker). A worker's slots and buffers are laid out when it starts; a request costs
//! one read, one write and its share of one wait, allocates nothing and takes no lock. An idle connection owns its slot
//! and nothing else. The book that comes with the repository tells more, and its chapter *The wire* each byte.
#![forbid(unsafe_code)]
#![warn(unreachable_pub)]

// Generated code says `::mario`; inside this crate that is this crate.
extern crate self as mario;

mod accept;
mod accepting;
mod admin;
mod admission;
mod buffers;
mod builder;
mod call;
pub mod client;
mod clock;
mod conn;
mod connections;
mod crew;
mod deadlines;
mod desk;
mod dispatch;
mod doorbell;
mod error;
mod exchange;
mod groups;
mod hand_over;
mod handle;
mod inbox;
mod link;
mod lists;
mod locals;
pub mod log;
mod mail;
mod mailbox;
mod master;
mod memory;
mod metrics;
mod name;
mod net;
mod notice;
mod outbox;
mod panics;
mod pool;
mod rate;
mod reason;
mod rehearsal;
mod reply;
mod server;
mod service;
mod signals;
// The fuzzer uses a part of it.
#[cfg(any(test, fuzzing))]
#[cfg_attr(fuzzing, allow(dead_code))]
mod simulation;
mod slots;
mod stats;
mod stx;
mod sync;
mod systemd;
pub mod testing;
mod threads;
mod timers;
mod users;
mod watchdog;
mod worker;

pub use accept::Accept;
pub use builder::Builder;
pub use conn::Conn;
pub use connections::{Connections, Message, PushError, Pushed, SlowConnection};
pub use dispatch::{CommandDescription, Commands, Entry};
pub use error::{Error, Result};
pub use groups::JoinError;
pub use handle::ServerHandle;
pub use link::{ConnId, ConnIdError};
pub use memory::{Extent, Memory, WorkerMemory};
#[cfg(feature = "metrics")]
pub use metrics::MetricsExport;
pub use metrics::{
    CommandMetrics, DoorMetrics, Histogram, MailboxMetrics, Metrics, PoolMetrics, PushMetrics, SlotMetrics,
    WorkerMetrics,
};
pub use name::{Name, NameError};
pub use net::system::KeepAlive;
pub use outbox::SendError;
pub use pool::{Pool, PoolError};
pub use rate::{Excess, Rate};
pub use reason::{Close, Reason};
pub use reply::{Reply, Unanswered};
pub use server::Server;
pub use service::{Service, Worker};
pub use stats::Stats;
pub use stx::{Stx, StxError};
pub use timers::{Timer, TimerError};
pub use users::{BindError, Others};

pub use mario_macros::{Packet, command, commands};
pub use mario_proto::{
    self as proto, DecodeError, EncodeError, Frame, FrameError, Overflow, Packet, Payload, ProxyError,
    Request,
};

/// What generated code names; not for users.
#[doc(hidden)]
pub mod __private {
    pub use crate::conn::AnyConn;
    pub use crate::dispatch::command::{
        Command, CommandOf, Handled, NoCommand, close, deferred, deferred_description, entry, name,
        no_request, reply, reply_description, request, request_description,
    };
    pub use crate::dispatch::distinct::{all_distinct, assert_distinct};
    pub use crate::dispatch::table::{Table, page_count};
    pub use crate::dispatch::{Commands, Entry};
    pub use crate::rehearsal::Rehearsal;
    pub use crate::{Conn, Service};
    pub use mario_proto::__private::*;

    /// For the fuzzer, who sets this flag for all that it compiles.
    #[cfg(fuzzing)]
    pub fn connection(bytes: &[u8]) {
        crate::simulation::connection(bytes);
    }

    /// For tests of what becomes of a worker that dies; whether it will.
    pub fn kill_worker(connections: &crate::Connections, worker: usize) -> bool {
        connections.kill_worker(worker)
    }
}
