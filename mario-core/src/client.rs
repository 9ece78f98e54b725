//! A blocking client, made from the same packets as the server.
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

mod backoff;
mod builder;
mod connecting;
mod connection;
mod correlation;
mod error;
mod matcher;
mod pushes;
mod received;
mod shared;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mario_proto::{Decode, Description, OwnedReply, Packet, Request, is_reserved};

pub use backoff::Backoff;
pub use builder::Builder;
use correlation::Correlation;
pub use error::{Disconnect, Error, Result};
pub use pushes::Pushes;
pub use received::Received;
use shared::Shared;

use crate::deadlines;

/// A blocking client of one server, which any number of threads may share: [the room's page](self) tells how.
///
/// Clones share the connection. When the last is dropped, it is closed. Each client has one thread that reads, and one
/// more for heartbeats.
#[derive(Clone)]
pub struct Client {
    owner: Arc<Owner>,
    call_timeout: Duration,
}

/// Closes the client when the last clone is dropped; the threads hold what it shares, too.
struct Owner(Arc<Shared>);

impl Client {
    /// Connects to a server at `address`, as `"host:port"` or a `SocketAddr`, with all settings at their defaults.
    ///
    /// # Errors
    /// As [`Builder::connect`].
    pub fn connect(address: impl ToString) -> Result<Self> {
        Self::builder(address).connect()
    }

    /// The settings of a client of the server at `address`, as `"host:port"` or a `SocketAddr`. A name is resolved for
    /// each connection anew.
    pub fn builder(address: impl ToString) -> Builder {
        Builder::new(address.to_string())
    }

    fn new(shared: Arc<Shared>) -> Self {
        Client { call_timeout: shared.settings.call_timeout, owner: Arc::new(Owner(shared)) }
    }

    /// This client on the same connection, whose calls may take so long, at most 12 days.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use mario::client::Client;
    /// # use mario::{Packet, Payload};
    /// # #[derive(Packet)]
    /// # struct Report { text: String }
    /// # fn main() -> mario::client::Result<()> {
    /// let client = Client::connect("127.0.0.1:8082")?;
    /// let patient = client.with_call_timeout(Duration::from_secs(60));
    /// let report: Report = patient.call(0x0107, Payload::default())?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_call_timeout(&self, timeout: Duration) -> Self {
        Client { owner: Arc::clone(&self.owner), call_timeout: longest(timeout) }
    }

    /// Sends a request, and waits for its reply. For a command without a request packet, send
    /// [`Payload::default()`](crate::Payload).
    ///
    /// If both packets have a correlation, that of the request is set by the client, whatever it was.
    ///
    /// # Errors
    /// A request that can't be encoded, a reply that is malformed or does not come in time, or a connection that is not
    /// there, or ended meanwhile: [`Error`] tells after which of them the server may have done what was asked for.
    pub fn call<R>(&self, command: u16, request: impl Packet) -> Result<R>
    where
        R: Packet + for<'a> Decode<'a>,
    {
        self.call_frame::<R>(command, request)?.decode()
    }

    /// As [`call`](Client::call), but gives the reply as it came, so that the packet `R` that is in it may borrow.
    ///
    /// ```no_run
    /// # use mario::client::Client;
    /// # use mario::{Packet, Payload};
    /// #[derive(Packet)]
    /// struct Motto<'a> {
    ///     text: &'a str,
    /// }
    ///
    /// # fn main() -> mario::client::Result<()> {
    /// # let client = Client::connect("127.0.0.1:8082")?;
    /// let reply = client.call_frame::<Motto<'_>>(0x0108, Payload::default())?;
    /// let motto: Motto<'_> = reply.decode()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`call`](Client::call); whether the reply is malformed shows when it is decoded.
    pub fn call_frame<R: Packet>(&self, command: u16, mut request: impl Packet) -> Result<Received> {
        let correlation = Correlation::between(description(&request), R::DESCRIPTION);
        let timeout = self.call_timeout;
        let deadline = self.deadline(command)?;
        self.owner.0.attempt(deadline, |connection| {
            connection.call(command, &mut request, correlation, (timeout, deadline))
        })
    }

    /// Sends a request whose packet names its command and reply, and waits for the reply.
    ///
    /// ```
    /// use mario::client::Client;
    /// use mario::{Conn, Packet, Server, Service};
    ///
    /// #[derive(Packet)]
    /// #[mario(command = 0x0602, reply = Hello)]
    /// struct SayHello<'a> {
    ///     name: &'a str,
    /// }
    ///
    /// #[derive(Packet)]
    /// struct Hello {
    ///     greeting: String,
    /// }
    ///
    /// # struct Greeter;
    /// # impl Service for Greeter { type Session = (); type Worker = (); }
    /// #[mario::command]
    /// fn say_hello(_conn: &mut Conn<'_, Greeter>, request: SayHello<'_>) -> Hello {
    ///     Hello { greeting: format!("hello, {}", request.name) }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let server = Server::builder(Greeter, mario::commands![say_hello]).bind("127.0.0.1:0").workers(1).start()?;
    /// let client = Client::connect(server.local_addr())?;
    /// let hello = client.request(SayHello { name: "Mario" })?;
    /// assert_eq!(hello.greeting, "hello, Mario");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`call`](Client::call).
    pub fn request<Q: OwnedReply>(&self, request: Q) -> Result<Q::Reply> {
        self.call(Q::COMMAND, request)
    }

    /// As [`request`](Client::request), but gives the reply as it came, so that the packet that is in it may borrow.
    ///
    /// ```no_run
    /// # use mario::client::Client;
    /// # use mario::Packet;
    /// #[derive(Packet)]
    /// #[mario(command = 0x0108, reply = Motto<'_>)]
    /// struct GetMotto;
    ///
    /// #[derive(Packet)]
    /// struct Motto<'a> {
    ///     text: &'a str,
    /// }
    ///
    /// # fn main() -> mario::client::Result<()> {
    /// # let client = Client::connect("127.0.0.1:8082")?;
    /// let reply = client.request_frame(GetMotto)?;
    /// let motto: Motto<'_> = reply.decode()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`call_frame`](Client::call_frame).
    pub fn request_frame<Q: Request>(&self, request: Q) -> Result<Received> {
        self.call_frame::<Q::Reply>(Q::COMMAND, request)
    }

    /// Sends a request that has no reply, and returns when the system has taken it. That the server gets it is not
    /// certain: if the connection ends, it may be lost without an error.
    ///
    /// # Errors
    /// A request that can't be encoded, or no connection within the call timeout.
    pub fn send(&self, command: u16, request: &impl Packet) -> Result<()> {
        let deadline = self.deadline(command)?;
        self.owner.0.attempt(deadline, |connection| connection.send(command, request))
    }

    /// Where what the server sends by itself arrives: every frame that no call waits for.
    pub fn pushes(&self) -> Pushes {
        Pushes::new(Arc::clone(&self.owner.0.pushes))
    }

    /// When a call of the command that begins now is over.
    fn deadline(&self, command: u16) -> Result<Instant> {
        if is_reserved(command) {
            Err(Error::Reserved { command })
        } else {
            Ok(Instant::now() + self.call_timeout)
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("address", &self.owner.0.settings.address)
            .field("connection", &self.owner.0.up())
            .field("call_timeout", &self.call_timeout)
            .finish()
    }
}

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
