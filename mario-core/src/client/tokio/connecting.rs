//! How a connection is made, and made again.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::tokio::net::{TcpStream, lookup_host};
use ::tokio::spawn;
use ::tokio::sync::oneshot;
use ::tokio::time::timeout_at;

use super::connection::{Connection, Reader};
use super::shared::Shared;
use super::{Client, Settings};
use crate::client::backoff::Backoff;
use crate::client::error::{Disconnect, Error, Result};
use crate::client::is_own_echo;

/// Makes a connection, logs in on it, and lets calls take it.
pub(super) async fn establish(shared: &Arc<Shared>) -> Result<()> {
    let Settings { address, connect_timeout, .. } = &*shared.settings;
    let stream = connect(address, *connect_timeout).await?;
    let connection = Connection::new(stream, &shared.settings, Arc::clone(&shared.pushes))
        .map(Arc::new)
        .map_err(Error::system("set up the connection"))?;
    let unpublished = Unpublished(&connection);
    let (publish, published) = oneshot::channel();
    spawn(serve(Arc::clone(shared), Reader(Arc::clone(&connection)), published));
    spawn({
        let connection = Arc::clone(&connection);
        async move { connection.write().await }
    });
    log_in(shared, &connection).await?;
    shared.publish(&connection)?;
    std::mem::forget(unpublished);
    // The task waits for this before it ends.
    let _ = publish.send(());
    Ok(())
}

/// A connection that is closed if it is not published, as its login fails or nobody waits for it any more.
struct Unpublished<'a>(&'a Connection);

impl Drop for Unpublished<'_> {
    fn drop(&mut self) {
        self.0.close(Disconnect::ByClient);
    }
}

/// The task that reads a connection and, if it was published before or after its end, makes the next one.
///
/// Boxed, as that one has such a task, too.
fn serve(
    shared: Arc<Shared>,
    reader: Reader,
    published: oneshot::Receiver<()>,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let cause = reader.read().await;
        log::debug!("the connection to {} has ended: {cause}", shared.settings.address);
        if published.await.is_ok()
            && let Some(backoff) = shared.ended(cause)
        {
            reconnect(&shared, backoff).await;
        }
    })
}

async fn reconnect(shared: &Arc<Shared>, backoff: Backoff) {
    let address = &shared.settings.address;
    for wait in backoff.waits() {
        if !shared.pause(wait).await {
            return;
        }
        match establish(shared).await {
            Ok(()) => return log::debug!("connected to {address} again"),
            Err(error) => {
                log::debug!("connecting to {address} again has failed: {error}");
                shared.failed(error);
            }
        }
    }
    shared.give_up();
}

/// Runs the user's login, if there is one, on a client that has nothing but this connection.
async fn log_in(shared: &Shared, connection: &Arc<Connection>) -> Result<()> {
    let settings = Arc::clone(&shared.settings);
    if settings.on_connect.is_none() {
        return Ok(());
    }
    let login = shared.login(Arc::clone(connection));
    let client = Client::new(Arc::clone(&login));
    // A task of its own can panic alone.
    let returned = spawn({
        let client = client.clone();
        async move {
            match &settings.on_connect {
                Some(hook) => hook(client).await,
                None => Ok(()),
            }
        }
    });
    let returned = returned.await;
    login.release();
    returned.unwrap_or_else(|_| Err("it panicked".into())).map_err(|source| Error::Login { source })
}

/// Connects to the first of the addresses that takes it.
async fn connect(address: &str, timeout: Duration) -> Result<TcpStream> {
    let deadline = Instant::now() + timeout;
    let mut failure = None;
    for target in lookup_host(address).await.map_err(|source| Error::unusable(address, source))? {
        match timeout_at(deadline.into(), TcpStream::connect(target)).await {
            Ok(Ok(stream)) if is_own_echo(&stream.local_addr(), &stream.peer_addr()) => {
                failure = Some(io::ErrorKind::ConnectionRefused.into());
            }
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failure = Some(error),
            Err(_) => failure = Some(io::ErrorKind::TimedOut.into()),
        }
    }
    Err(Error::connecting(address, failure, timeout))
}

/// The task of the heartbeats.
pub(super) async fn beat(shared: Arc<Shared>, command: u16, every: Duration) {
    while shared.pause(every).await {
        if let Some(connection) = shared.up() {
            connection.beat(command);
        }
    }
}
