//! mario's server, as one has it who pushes.

use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use anyhow::Context;
use mario::{Conn, ConnId, Connections, Server, Service};

use crate::wire::TOKEN;

/// Tells who has come.
struct Gateway(Sender<ConnId>);

impl Service for Gateway {
    type Session = ();
    type Worker = ();

    fn connected(&self, conn: &mut Conn<'_, Self>) {
        // After the last one is known, nobody listens.
        let _ = self.0.send(conn.id());
    }
}

/// A server in this process, which ends with it.
pub(super) struct PushServer {
    server: Server,
    came: Receiver<ConnId>,
}

impl PushServer {
    /// With room for so many connections.
    ///
    /// # Errors
    /// The system has no memory, descriptors or threads for it.
    pub(super) fn start(workers: usize, connections: usize) -> anyhow::Result<PushServer> {
        let (sender, came) = mpsc::channel();
        let server = Server::builder(Gateway(sender), mario::commands![])
            .bind("127.0.0.1:0")
            .workers(workers)
            .connections(connections)
            .stx(TOKEN)
            .start()
            .context("starting the server")?;
        Ok(PushServer { server, came })
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    pub(super) fn connections(&self) -> Connections {
        self.server.connections()
    }

    /// The ids of its connections, once all have come.
    ///
    /// # Errors
    /// One does not come in time.
    pub(super) fn ids(&self, count: usize, timeout: Duration) -> anyhow::Result<Vec<ConnId>> {
        let late = Instant::now() + timeout;
        let next = |_| self.came.recv_timeout(late.saturating_duration_since(Instant::now()));
        (0..count).map(next).collect::<Result<_, _>>().context("waiting for the connections")
    }
}
