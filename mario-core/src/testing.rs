//! Tests of a service without sockets: its own handlers and hooks, in the real worker, on a network and a clock in
//! memory.
//!
//! ```
//! use mario::testing::TestServer;
//! use mario::{Conn, Packet, Server, Service};
//!
//! struct Greeter;
//!
//! impl Service for Greeter {
//!     type Session = u32;
//!     type Worker = ();
//! }
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
//! #[mario::command(0x0602)]
//! fn say_hello(conn: &mut Conn<'_, Greeter>, request: SayHello<'_>) -> Hello {
//!     *conn.session() += 1;
//!     Hello { greeting: format!("hello, {}", request.name) }
//! }
//!
//! let server = TestServer::new(Server::builder(Greeter, mario::commands![say_hello]));
//! let mut client = server.connect();
//! let hello: Hello = client.call(0x0602, &SayHello { name: "Mario" });
//! assert_eq!(hello.greeting, "hello, Mario");
//! assert_eq!(client.session(|calls| *calls), 1);
//! ```
//!
//! Nothing runs beside the test: whatever a client does, the server does all that follows from it before the call
//! returns, and a clock moves only by [`advance`](TestServer::advance). So there is nothing to wait for, and each run
//! of a test is the same.

mod client;
mod server;
mod stage;

pub use client::TestClient;
pub use server::TestServer;
