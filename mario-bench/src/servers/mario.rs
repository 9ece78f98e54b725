//! mario's server, exactly as a user writes it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mario::log::{self, Config, LevelFilter};
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
    /// How many seconds a connection may be silent; by default it may for ever, as those of the loads are.
    #[arg(long, value_parser = super::seconds)]
    read_timeout: Option<Duration>,
}

/// Who accepts connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Acceptor {
    /// One thread, which deals them.
    Master,
    /// Each worker, from a listener of its own.
    PerWorker,
}

impl From<Acceptor> for Accept {
    fn from(acceptor: Acceptor) -> Accept {
        match acceptor {
            Acceptor::Master => Accept::Master,
            Acceptor::PerWorker => Accept::PerWorker,
        }
    }
}

/// Serves until SIGTERM.
///
/// # Errors
/// The address can't be listened on, or the system has no memory, descriptors or threads for it.
pub(crate) fn run(addr: SocketAddr, workers: usize, options: &Options) -> anyhow::Result<()> {
    log::init(Config::new().level(LevelFilter::Warn))?;
    super::warn_of_descriptors(options.connections, workers)?;
    let mut builder = Server::builder(Bench, mario::commands![login, echo])
        .bind(addr)
        .workers(workers)
        .connections(options.connections)
        .accept(options.accept.into())
        .read_timeout(options.read_timeout)
        .stx(TOKEN)
        .stop_on_signals();
    if options.private_descriptors {
        builder = builder.private_descriptors();
    }
    let began = Instant::now();
    let server = builder.start()?;
    let ready = began.elapsed();
    super::announce(server.local_addr());
    super::announce_start(ready, workers, options.connections)?;
    let ended = server.join();
    log::flush();
    Ok(ended?)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn connections_may_be_silent_for_ever_by_default() {
        let read_timeout = |arguments: &[&str]| Only::parse_from(arguments).options.read_timeout;
        assert_eq!(read_timeout(&["serve"]), None);
        assert_eq!(read_timeout(&["serve", "--read-timeout", "2.5"]), Some(Duration::from_millis(2500)));
    }
}
