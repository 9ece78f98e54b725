//! mario's server, exactly as a user writes it.

use std::net::SocketAddr;

use mario::{Accept, Conn, Packet, Payload, Server, Service};

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

/// What only mario's server is told.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Options {
    /// Connections that each worker has slots for.
    #[arg(long, default_value_t = 16_384)]
    connections: usize,
    /// Who accepts connections.
    #[arg(long, value_enum, default_value_t = Acceptor::Master)]
    accept: Acceptor,
    /// Gives each worker a descriptor table of its own; the workers must accept.
    #[arg(long)]
    private_descriptors: bool,
}

/// Who accepts connections.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Acceptor {
    /// One thread, which deals them.
    Master,
    /// Each worker, from a listener of its own.
    PerWorker,
}

/// Serves until SIGTERM.
///
/// # Errors
/// The address can't be listened on, or the system has no memory, descriptors or threads for it.
pub(crate) fn run(addr: SocketAddr, workers: usize, options: &Options) -> anyhow::Result<()> {
    let mut builder = Server::builder(Bench, mario::commands![login, echo])
        .bind(addr)
        .workers(workers)
        .connections(options.connections)
        .accept(match options.accept {
            Acceptor::Master => Accept::Master,
            Acceptor::PerWorker => Accept::PerWorker,
        })
        .stx(TOKEN)
        .stop_on_signals();
    if options.private_descriptors {
        builder = builder.private_descriptors();
    }
    let server = builder.start()?;
    super::announce(server.local_addr());
    Ok(server.join()?)
}
