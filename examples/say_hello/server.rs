//! The server: a service, a handler, a table.

use mario::{Conn, Server, Service};

use crate::packets::{Hello, SAY_HELLO, SayHello};

/// The service. It shares nothing, and its workers keep nothing.
struct Greeter;

impl Service for Greeter {
    type Session = Calls;
    type Worker = ();
}

/// What each connection keeps: how often it has called.
#[derive(Default)]
struct Calls(u32);

#[mario::command(SAY_HELLO)]
fn say_hello(conn: &mut Conn<'_, Greeter>, request: SayHello<'_>) -> Hello {
    let Calls(calls) = conn.session();
    *calls += 1;
    Hello { greeting: format!("hello, {}", request.name), calls: *calls }
}

/// Starts the server and says where it listens. It ends with SIGINT or SIGTERM.
pub fn start(addr: &str, workers: Option<usize>) -> mario::Result<Server> {
    let builder = Server::builder(Greeter, mario::commands![say_hello]);
    let server = builder.bind(addr).workers(workers).stop_on_signals().start()?;
    println!("listening on {}", server.local_addr());
    Ok(server)
}
