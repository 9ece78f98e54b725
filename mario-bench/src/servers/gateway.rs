//! mario's server as a gateway has it: users log in, some are a crowd, and an operator has things sent to them.

mod lookups;
mod pushing;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mario::log::{self, Config, LevelFilter};
use mario::{Accept, Close, Conn, ConnId, Others, Packet, Payload, Reply, Server, Service};

use self::pushing::Pushers;
use crate::orders::{BROADCAST, Join, Joined, LookUp, LookedUp, Push, Pushed, Pushing, Rest};
use crate::wire::{ECHO, LOGIN, TOKEN};

/// The group of all who have joined.
const CROWD: u32 = 1;

#[derive(Default)]
struct Gateway {
    crowd: Mutex<Vec<ConnId>>,
    pushers: Mutex<Option<Pushers>>,
}

impl Service for Gateway {
    type Session = ();
    type Worker = ();
}

#[derive(Packet)]
struct Login {
    uid: u16,
}

#[derive(Packet)]
struct LoggedIn;

/// The newest connection of a user counts.
#[mario::command(LOGIN)]
fn login(conn: &mut Conn<'_, Gateway>, request: Login) -> Result<LoggedIn, Close> {
    conn.bind(u64::from(request.uid), Others::Kick)?;
    Ok(LoggedIn)
}

#[mario::command(ECHO)]
fn echo<'a>(_conn: &mut Conn<'_, Gateway>, request: Payload<'a>) -> Payload<'a> {
    request
}

#[mario::command]
fn join(conn: &mut Conn<'_, Gateway>, _request: Join) -> Result<Joined, Close> {
    conn.join(CROWD)?;
    held(&conn.service().crowd).push(conn.id());
    Ok(Joined)
}

#[mario::command(BROADCAST)]
fn broadcast(conn: &mut Conn<'_, Gateway>, request: Payload<'_>) -> Result<(), Close> {
    Ok(conn.connections().push_to_group(CROWD, BROADCAST, &request)?)
}

#[mario::command]
fn push(conn: &mut Conn<'_, Gateway>, request: Push<'_>) -> Result<Pushing, Close> {
    let (service, connections) = (conn.service(), conn.connections());
    let crowd = held(&service.crowd).clone();
    let message = connections.message(ECHO, &Payload(request.payload))?;
    let pushers = Pushers::start(&connections, &crowd, &message, request.threads.into());
    *held(&service.pushers) = Some(pushers);
    Ok(Pushing)
}

#[mario::command]
fn rest(conn: &mut Conn<'_, Gateway>, _request: Rest, reply: Reply<Pushed>) {
    if let Some(pushers) = held(&conn.service().pushers).take() {
        pushers.stop(reply);
    }
}

#[mario::command]
fn look_up(conn: &mut Conn<'_, Gateway>, request: LookUp, reply: Reply<LookedUp>) {
    let LookUp { lookup, threads, millis } = request;
    lookups::start(conn.connections(), lookup, threads.into(), Duration::from_millis(millis.into()), reply);
}

/// What only the gateway is told.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Options {
    /// Connections that each worker has slots for.
    #[arg(long, default_value = "16384")]
    connections: NonZeroUsize,
    /// Has each worker accept from a listener of its own, with a descriptor table of its own.
    #[arg(long)]
    private_descriptors: bool,
}

/// Serves until SIGTERM.
///
/// # Errors
/// The address can't be listened on, or the system has no memory, descriptors or threads for it.
pub(crate) fn run(addr: SocketAddr, workers: usize, options: &Options) -> anyhow::Result<()> {
    log::init(Config::new().level(LevelFilter::Warn))?;
    let commands = mario::commands![login, echo, join, broadcast, push, rest, look_up];
    let mut builder = Server::builder(Gateway::default(), commands)
        .bind(addr)
        .workers(workers)
        .connections(options.connections.get())
        // Whoever is pushed to may be silent.
        .read_timeout(None)
        .stx(TOKEN)
        // The operator sends what is sent to all.
        .max_packet(u16::MAX)
        .stop_on_signals();
    if options.private_descriptors {
        builder = builder.accept(Accept::PerWorker).private_descriptors();
    }
    let server = builder.start()?;
    super::announce(server.local_addr());
    let ended = server.join();
    log::flush();
    Ok(ended?)
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
