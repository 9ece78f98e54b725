//! A client on tokio, with the feature `tokio`: the same as the [blocking one](super::Client), for tasks.
//!
//! ```
//! use mario::client::tokio::Client;
//! use mario::{Conn, Packet, Server, Service};
//!
//! #[derive(Packet)]
//! #[mario(command = 0x0602, reply = Hello)]
//! struct SayHello<'a> {
//!     name: &'a str,
//! }
//!
//! #[derive(Packet)]
//! struct Hello {
//!     greeting: String,
//! }
//!
//! # struct Greeter;
//! # impl Service for Greeter { type Session = (); type Worker = (); }
//! #[mario::command]
//! fn say_hello(_conn: &mut Conn<'_, Greeter>, request: SayHello<'_>) -> Hello {
//!     Hello { greeting: format!("hello, {}", request.name) }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let server = Server::builder(Greeter, mario::commands![say_hello]).bind("127.0.0.1:0").workers(1).start()?;
//! let client = Client::connect(server.local_addr()).await?;
//! let hello = client.request(SayHello { name: "Mario" }).await?;
//! assert_eq!(hello.greeting, "hello, Mario");
//! # Ok(())
//! # }
//! ```
//!
//! Settings, errors, and [which reply is whose](super#which-reply-is-whose) are those of the blocking client.
//!
//! # Cancellation
//! Any future of it may be dropped. A request whose future is dropped is sent as a whole or not at all; if it was sent,
//! its reply is discarded when it comes, and never given to another call.

mod connecting;
mod connection;
mod pushes;
mod shared;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use mario_proto::{Decode, OwnedReply, Packet, Request};

use self::connecting::{beat, establish};
pub use self::pushes::Pushes;
use self::shared::Shared;
use super::builder::{self, Builder, Kind};
use super::correlation::Correlation;
use super::error::Result;
use super::received::Received;
use super::{deadline, description, longest};

type Settings = builder::Settings<Hook>;

/// What [`Builder::on_connect`] takes.
type Hook = dyn Fn(Client) -> Pin<Box<dyn Future<Output = LoggedIn> + Send>> + Send + Sync;

type LoggedIn = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// A client of one server, which any number of tasks may share: [the room's page](self) tells how.
///
/// Clones share the connection. When the last is dropped, it is closed. Each client has two tasks, and one more for
/// heartbeats, on the runtime on which it was connected; when that ends, so does the connection.
#[derive(Clone)]
pub struct Client {
    owner: Arc<Owner>,
    call_timeout: Duration,
}

/// Closes the client when the last clone is dropped; the tasks hold what it shares, too.
struct Owner(Arc<Shared>);

impl Client {
    /// Connects to a server at `address`, as `"host:port"` or a `SocketAddr`, with all settings at their defaults.
    ///
    /// # Errors
    /// As [`Builder::connect`].
    ///
    /// # Panics
    /// Outside of a runtime of tokio with its time and I/O enabled.
    pub async fn connect(address: impl ToString) -> Result<Self> {
        Self::builder(address).connect().await
    }

    /// The settings of a client of the server at `address`, as `"host:port"` or a `SocketAddr`. A name is resolved for
    /// each connection anew.
    pub fn builder(address: impl ToString) -> Builder<Client> {
        Builder::new(address.to_string())
    }

    fn new(shared: Arc<Shared>) -> Self {
        Client { call_timeout: shared.settings.call_timeout, owner: Arc::new(Owner(shared)) }
    }

    /// This client on the same connection, whose calls may take so long, at most 12 days.
    #[must_use]
    pub fn with_call_timeout(&self, timeout: Duration) -> Self {
        Client { owner: Arc::clone(&self.owner), call_timeout: longest(timeout) }
    }

    /// Sends a request, and waits for its reply, as [the blocking one](super::Client::call).
    ///
    /// # Errors
    /// A request that can't be encoded, a reply that is malformed or does not come in time, or a connection that is not
    /// there, or ended meanwhile: [`Error`](super::Error) tells after which of them the server may have done what was
    /// asked for.
    pub async fn call<R>(&self, command: u16, request: impl Packet) -> Result<R>
    where
        R: Packet + for<'a> Decode<'a>,
    {
        self.call_frame::<R>(command, request).await?.decode()
    }

    /// As [`call`](Client::call), but gives the reply as it came, so that the packet `R` that is in it may borrow.
    ///
    /// # Errors
    /// As [`call`](Client::call); whether the reply is malformed shows when it is decoded.
    pub async fn call_frame<R: Packet>(&self, command: u16, mut request: impl Packet) -> Result<Received> {
        let correlation = Correlation::between(description(&request), R::DESCRIPTION);
        let times = (self.call_timeout, deadline(command, self.call_timeout)?);
        let shared = &self.owner.0;
        let mut ended = None;
        loop {
            let connection = shared.connection(ended.as_ref(), times.1).await?;
            let called = connection.call(command, &mut request, correlation, times).await;
            match Shared::or_ended(called, connection)? {
                Ok(reply) => return Ok(reply),
                Err(end) => ended = Some(end),
            }
        }
    }

    /// Sends a request whose packet names its command and reply, and waits for the reply.
    ///
    /// # Errors
    /// As [`call`](Client::call).
    pub async fn request<Q: OwnedReply>(&self, request: Q) -> Result<Q::Reply> {
        self.call(Q::COMMAND, request).await
    }

    /// As [`request`](Client::request), but gives the reply as it came, so that the packet that is in it may borrow.
    ///
    /// # Errors
    /// As [`call_frame`](Client::call_frame).
    pub async fn request_frame<Q: Request>(&self, request: Q) -> Result<Received> {
        self.call_frame::<Q::Reply>(Q::COMMAND, request).await
    }

    /// Sends a request that has no reply, and returns when the system has taken it. That the server gets it is not
    /// certain: if the connection ends, it may be lost without an error.
    ///
    /// # Errors
    /// A request that can't be encoded, or no connection within the call timeout.
    pub async fn send(&self, command: u16, request: &impl Packet) -> Result<()> {
        let deadline = deadline(command, self.call_timeout)?;
        let shared = &self.owner.0;
        let mut ended = None;
        loop {
            let connection = shared.connection(ended.as_ref(), deadline).await?;
            let sent = connection.send(command, request).await;
            match Shared::or_ended(sent, connection)? {
                Ok(()) => return Ok(()),
                Err(end) => ended = Some(end),
            }
        }
    }

    /// Where what the server sends by itself arrives: every frame that no call waits for.
    pub fn pushes(&self) -> Pushes {
        Pushes::new(Arc::clone(&self.owner.0.pushes))
    }
}

impl Kind for Client {
    type Hook = Hook;
}

impl Builder<Client> {
    /// What is done on each connection before all others may use it: a login. It is given a client that has nothing
    /// but this connection. If it fails or panics, the connection is closed, which is the error of
    /// [`connect`](Builder::connect) or, later, counts as a failed attempt to connect again.
    ///
    /// ```
    /// # use mario::{Conn, Packet, Server, Service};
    /// use mario::client::Backoff;
    /// use mario::client::tokio::Client;
    ///
    /// # #[derive(Packet)]
    /// # #[mario(command = 0x6101, reply = LoggedIn)]
    /// # struct Login { uid: u16 }
    /// # #[derive(Packet)]
    /// # struct LoggedIn { welcome: bool }
    /// # struct Devices;
    /// # impl Service for Devices { type Session = (); type Worker = (); }
    /// # #[mario::command]
    /// # fn login(_: &mut Conn<'_, Devices>, request: Login) -> LoggedIn { LoggedIn { welcome: request.uid == 10 } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let server = Server::builder(Devices, mario::commands![login]).bind("127.0.0.1:0").workers(1).start()?;
    /// # let address = server.local_addr();
    /// let client = Client::builder(address)
    ///     .reconnect(Backoff::default())
    ///     .on_connect(async |client| {
    ///         let reply = client.request(Login { uid: 10 }).await?;
    ///         if reply.welcome { Ok(()) } else { Err("the device is not known".into()) }
    ///     })
    ///     .connect()
    ///     .await?;
    /// # drop(client);
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_connect<F>(mut self, login: impl Fn(Client) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = LoggedIn> + Send + 'static,
    {
        self.0.on_connect = Some(Box::new(move |client| Box::pin(login(client))));
        self
    }

    /// Connects and logs in.
    ///
    /// # Errors
    /// A setting that is out of range, an address that can't be resolved or connected to, a login that failed, or a
    /// system that has no descriptors for it.
    ///
    /// # Panics
    /// Outside of a runtime of tokio with its time and I/O enabled.
    pub async fn connect(self) -> Result<Client> {
        let settings = self.checked()?;
        let heartbeat = settings.heartbeat;
        let shared = Shared::new(settings);
        establish(&shared).await?;
        if let Some((command, every)) = heartbeat {
            ::tokio::spawn(beat(Arc::clone(&shared), command, every));
        }
        Ok(Client::new(shared))
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
