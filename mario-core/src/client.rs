//! Clients, made from the same packets as the server: one that blocks, one on tokio, and many in one thread.
//!
//! ```
//! use std::time::Duration;
//!
//! use mario::client::Client;
//! use mario::{Conn, Packet, Server, Service};
//!
//! #[derive(Packet)]
//! struct SayHello<'a> {
//!     name: &'a str,
//! }
//!
//! #[derive(Packet)]
//! struct Hello {
//!     greeting: String,
//! }
//!
//! const SAY_HELLO: u16 = 0x0602;
//! # struct Greeter;
//! # impl Service for Greeter { type Session = (); type Worker = (); }
//!
//! #[mario::command(SAY_HELLO)]
//! fn say_hello(_conn: &mut Conn<'_, Greeter>, request: SayHello<'_>) -> Hello {
//!     Hello { greeting: format!("hello, {}", request.name) }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::builder(Greeter, mario::commands![say_hello]).bind("127.0.0.1:0").start()?;
//!
//! let client = Client::builder(server.local_addr()).call_timeout(Duration::from_secs(2)).connect()?;
//! let hello: Hello = client.call(SAY_HELLO, SayHello { name: "Mario" })?;
//! assert_eq!(hello.greeting, "hello, Mario");
//! # Ok(())
//! # }
//! ```
//!
//! | which | for |
//! | --- | --- |
//! | [`Client`] | programs and threads that wait for a reply |
//! | `tokio::Client` | tasks of tokio, with the feature `tokio`; it does all that `Client` does |
//! | [`Fleet`](fleet::Fleet) | thousands of connections in one thread: load tools, simulators of devices |
//!
//! | what | where |
//! | --- | --- |
//! | a request and its reply | [`Client::request`], where the packet names its command, or [`Client::call`] |
//! | a reply that borrows | [`Client::request_frame`], [`Client::call_frame`] |
//! | a request without a reply | [`Client::send`] |
//! | what the server sends by itself | [`Client::pushes`] |
//! | the settings: token, timeouts, heartbeats, reconnect, login | [`Client::builder`] |
//! | what went wrong | [`Error`], [`Disconnect`] |
//!
//! # Which reply is whose
//!
//! Threads that share a client have their calls on the way at the same time. If the packets of request and reply both
//! have a [correlation](macro@crate::Packet), the client gives each request a number of its own there, and the
//! reply that brings it back is that call's, in whatever order replies come. Otherwise the order tells: replies to the
//! requests of one command come in the order of the requests, as a handler's replies do.
//!
//! The reply to a call that has timed out is discarded, should it still come, and never given to the next call. Without
//! a correlation this means that each request of a command has to be answered: if the server leaves one out, the
//! reply to the next is taken for the missing one, and so on, until the connection ends. So use [`Client::send`] for
//! commands that do not always reply, or give them a correlation.

pub mod fleet;
#[cfg(feature = "tokio")]
pub mod tokio;

mod backoff;
mod blocking;
mod builder;
mod conversation;
mod correlation;
mod error;
mod inflow;
mod matcher;
mod phase;
mod queue;
mod received;

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mario_proto::{Description, Packet, is_reserved};

pub use backoff::Backoff;
pub use blocking::{Client, Pushes};
pub use builder::Builder;
pub use error::{Disconnect, Error, Result};
pub use received::Received;

use crate::parts::deadlines;

fn description<P: Packet>(_: &P) -> &'static Description {
    P::DESCRIPTION
}

/// What no time is longer than, so that its end can be told.
fn longest(time: Duration) -> Duration {
    time.min(deadlines::LONGEST)
}

/// No code of a user runs under these locks, but that of a packet's encoding, before anything is changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// When a call of the command that begins now is over.
fn deadline(command: u16, timeout: Duration) -> Result<Instant> {
    if is_reserved(command) { Err(Error::Reserved { command }) } else { Ok(Instant::now() + timeout) }
}

/// Where nobody listens on this machine, the system may choose the very port as the own one, and connect the socket
/// with itself.
fn is_own_echo(own: &io::Result<SocketAddr>, peer: &io::Result<SocketAddr>) -> bool {
    matches!((own, peer), (Ok(own), Ok(peer)) if own == peer)
}
