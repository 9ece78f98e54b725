//! mario's server, exactly as a user writes it.

use std::net::SocketAddr;

use mario::{Conn, Packet, Payload, Server, Service};

use crate::wire::TOKEN;

struct Bench;

impl Service for Bench {
    type Session = ();
    type Worker = ();
}

#[derive(Packet)]
struct Login {
    #[allow(dead_code, reason = "anybody may log in")]
    uid: u16,
}

#[derive(Packet)]
struct LoggedIn;

#[mario::command(0x6101)]
fn login(_conn: &mut Conn<'_, Bench>, _request: Login) -> LoggedIn {
    LoggedIn
}

#[mario::command(0x0602)]
fn echo<'a>(_conn: &mut Conn<'_, Bench>, request: Payload<'a>) -> Payload<'a> {
    request
}

/// Serves until SIGTERM, with so many slots a worker.
///
/// # Errors
/// The address can't be listened on, or the system has no memory, descriptors or threads for it.
pub(crate) fn run(addr: SocketAddr, workers: usize, connections: usize) -> anyhow::Result<()> {
    let server = Server::builder(Bench, mario::commands![login, echo])
        .bind(addr)
        .workers(workers)
        .connections(connections)
        .stx(TOKEN)
        .stop_on_signals()
        .start()?;
    super::announce(server.local_addr());
    Ok(server.join()?)
}
