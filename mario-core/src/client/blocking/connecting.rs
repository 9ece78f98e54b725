//! How a connection is made, and made again.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::shared::Shared;
use super::{Client, Hook, Settings};
use crate::client::backoff::Backoff;
use crate::client::error::{Disconnect, Error, Result};
use crate::client::is_own_echo;

/// Makes a connection, logs in on it, and lets calls take it.
pub(super) fn establish(shared: &Arc<Shared>) -> Result<()> {
    let Settings { address, connect_timeout, on_connect, .. } = &*shared.settings;
    let stream = connect(address, *connect_timeout)?;
    let connection = Connection::new(stream, &shared.settings, Arc::clone(&shared.pushes))
        .map(Arc::new)
        .map_err(Error::system("set up the connection"))?;
    let (publish, published) = mpsc::channel();
    start("mario-client", {
        let (shared, connection) = (Arc::clone(shared), Arc::clone(&connection));
        move || serve(&shared, &connection, &published)
    })?;
    let logged_in = match on_connect {
        Some(hook) => log_in(shared, &connection, hook),
        None => Ok(()),
    };
    let established = logged_in.and_then(|()| shared.publish(&connection));
    match established {
        // The thread waits for this before it ends.
        Ok(()) => drop(publish.send(())),
        Err(_) => connection.close(Disconnect::ByClient),
    }
    established
}

/// Starts a thread of a client.
pub(super) fn start(name: &str, run: impl FnOnce() + Send + 'static) -> Result<()> {
    let thread = thread::Builder::new().name(name.to_owned()).spawn(run);
    thread.map(drop).map_err(Error::system("start a thread"))
}

/// The thread that reads a connection and, if it was published before or after its end, makes the next one.
fn serve(shared: &Arc<Shared>, connection: &Connection, published: &Receiver<()>) {
    let cause = connection.read();
    log::debug!("the connection to {} has ended: {cause}", shared.settings.address);
    if published.recv().is_ok()
        && let Some(backoff) = shared.ended(cause)
    {
        reconnect(shared, backoff);
    }
}

fn reconnect(shared: &Arc<Shared>, backoff: Backoff) {
    let address = &shared.settings.address;
    for wait in backoff.waits() {
        if !shared.pause(wait) {
            return;
        }
        match establish(shared) {
            Ok(()) => return log::debug!("connected to {address} again"),
            Err(error) => {
                log::debug!("connecting to {address} again has failed: {error}");
                shared.failed(error);
            }
        }
    }
    shared.give_up();
}

/// Runs the user's login on a client that has nothing but this connection.
fn log_in(shared: &Shared, connection: &Arc<Connection>, hook: &Hook) -> Result<()> {
    let login = shared.login(Arc::clone(connection));
    let client = Client::new(Arc::clone(&login));
    let returned = catch_unwind(AssertUnwindSafe(|| hook(&client)));
    login.release();
    returned.unwrap_or_else(|_| Err("it panicked".into())).map_err(|source| Error::Login { source })
}

/// Connects to the first of the addresses that takes it.
fn connect(address: &str, timeout: Duration) -> Result<TcpStream> {
    let deadline = Instant::now() + timeout;
    let mut failure = None;
    for target in address.to_socket_addrs().map_err(|source| Error::unusable(address, source))? {
        let left = deadline.saturating_duration_since(Instant::now());
        match TcpStream::connect_timeout(&target, left.max(Duration::from_millis(1))) {
            Ok(stream) if is_own_echo(&stream.local_addr(), &stream.peer_addr()) => {
                failure = Some(io::ErrorKind::ConnectionRefused.into());
            }
            Ok(stream) => return Ok(stream),
            Err(error) => failure = Some(error),
        }
    }
    Err(Error::connecting(address, failure, timeout))
}
