//! The gateway's side of the devices.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use mario::{Close, Conn, Name, Others, Server, Service};

use crate::packets::{
    DELIVERED, Delivered, HEARTBEAT, LOG_IN, LogIn, SUBSCRIBE, Subscribe, Subscribed, Welcome,
};

/// Devices that are silent for longer than this have gone.
const SILENCE: Duration = Duration::from_secs(180);

/// The service. Who is online, and on which topic, mario keeps.
struct Gateway {
    deliveries: Arc<AtomicU64>,
}

impl Service for Gateway {
    type Session = ();
    type Worker = ();

    /// Who has not logged in can do nothing else.
    fn admits(&self, conn: &mut Conn<'_, Self>, command: u16) -> bool {
        command == LOG_IN || conn.user().is_some()
    }
}

#[mario::command(LOG_IN)]
fn log_in(conn: &mut Conn<'_, Gateway>, request: LogIn) -> Result<Welcome, Close> {
    conn.bind(request.device, Others::Kick)?;
    Ok(Welcome { heartbeat: SILENCE.as_secs() as u16 / 3 })
}

#[mario::command(SUBSCRIBE)]
fn subscribe(conn: &mut Conn<'_, Gateway>, request: Subscribe<'_>) -> Result<Subscribed, Close> {
    let topic = Name::try_from(request.topic).map_err(|_| Close)?;
    conn.join(topic)?;
    Ok(Subscribed)
}

#[mario::command(DELIVERED)]
fn delivered(conn: &mut Conn<'_, Gateway>, _request: Delivered) {
    conn.service().deliveries.fetch_add(1, Relaxed);
}

/// Starts the server, which counts in `deliveries` what its devices say has arrived. It ends with SIGINT or SIGTERM.
pub fn start(addr: &str, deliveries: Arc<AtomicU64>) -> mario::Result<Server> {
    Server::builder(Gateway { deliveries }, mario::commands![log_in, subscribe, delivered])
        .bind(addr)
        .read_timeout(SILENCE)
        .heartbeat(HEARTBEAT)
        .stop_on_signals()
        .start()
}
