//! A client that blocks: calls write from the thread of their caller, one more reads.

mod connecting;
mod connection;
mod pushes;
mod shared;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mario_proto::{Decode, OwnedReply, Packet, Request};

use self::connecting::{establish, start};
pub use self::pushes::Pushes;
use self::shared::Shared;
use super::builder::{self, Builder, Kind};
use super::correlation::Correlation;
use super::error::Result;
use super::received::Received;
use super::{deadline, description, longest};

type Settings = builder::Settings<Hook>;

/// What [`Builder::on_connect`] takes.
type Hook = dyn Fn(&Client) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + Send + Sync;

/// A blocking client of one server, which any number of threads may share: [the room's page](crate::client) tells how.
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
    pub fn builder(address: impl ToString) -> Builder<Client> {
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
    /// there, or ended meanwhile: [`Error`](super::Error) tells after which of them the server may have done what was asked for.
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
        let deadline = deadline(command, self.call_timeout)?;
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
        let deadline = deadline(command, self.call_timeout)?;
        self.owner.0.attempt(deadline, |connection| connection.send(command, request))
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
    /// use mario::client::{Backoff, Client};
    ///
    /// # #[derive(Packet)]
    /// # struct Login { uid: u16 }
    /// # #[derive(Packet)]
    /// # struct LoggedIn { welcome: bool }
    /// # const LOGIN: u16 = 0x6101;
    /// # struct Devices;
    /// # impl Service for Devices { type Session = (); type Worker = (); }
    /// # #[mario::command(LOGIN)]
    /// # fn login(_: &mut Conn<'_, Devices>, request: Login) -> LoggedIn { LoggedIn { welcome: request.uid == 10 } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let server = Server::builder(Devices, mario::commands![login]).bind("127.0.0.1:0").workers(1).start()?;
    /// # let address = server.local_addr();
    /// let client = Client::builder(address)
    ///     .reconnect(Backoff::default())
    ///     .on_connect(|client| {
    ///         let reply: LoggedIn = client.call(LOGIN, Login { uid: 10 })?;
    ///         if reply.welcome { Ok(()) } else { Err("the device is not known".into()) }
    ///     })
    ///     .connect()?;
    /// # drop(client);
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_connect(
        mut self,
        login: impl Fn(&Client) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + Send + Sync + 'static,
    ) -> Self {
        self.0.on_connect = Some(Box::new(login));
        self
    }

    /// Connects and logs in.
    ///
    /// # Errors
    /// A setting that is out of range, an address that can't be resolved or connected to, a login that failed, or a
    /// system that has no threads or descriptors for it.
    pub fn connect(self) -> Result<Client> {
        let settings = self.checked()?;
        let heartbeat = settings.heartbeat;
        let shared = Shared::new(settings);
        establish(&shared)?;
        let client = Client::new(Arc::clone(&shared));
        if let Some((command, every)) = heartbeat {
            start("mario-heartbeat", move || beat(&shared, command, every))?;
        }
        Ok(client)
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

/// The thread of the heartbeats.
fn beat(shared: &Shared, command: u16, every: Duration) {
    while shared.pause(every) {
        if let Some(connection) = shared.up() {
            connection.beat(command);
        }
    }
}
