//! Settings: how the server ends, and what it has to do with the process and the one after.

use std::path::PathBuf;
use std::time::Duration;

use super::Builder;
use crate::service::Service;

impl<S: Service> Builder<S> {
    /// Lets the connections go one after another when the server shuts down, evenly over this time: 1 ms to 12 days;
    /// by default all are closed at once. So they don't come back all at once either, here or elsewhere.
    ///
    /// In its turn each is told by [`Service::draining`], which may give it some time yet. Until it is closed, its
    /// requests are served, and the end is no reset, though the peer may be asking. A second signal, or
    /// [`shutdown_now`](crate::ServerHandle::shutdown_now), ends the drain at once.
    pub fn drain(mut self, window: impl Into<Option<Duration>>) -> Self {
        self.drain = window.into();
        self
    }

    /// How long a shutdown may wait for peers to take what was sent to them: 1 ms to 12 days, by default 5 s. With a
    /// [`drain`](Builder::drain) that counts from its end.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
        self
    }

    /// Makes SIGINT and SIGTERM [shut the server down](crate::ServerHandle::shutdown), from the moment it listens.
    /// One that comes while it shuts down does so [at once](crate::ServerHandle::shutdown_now). They are taken for the
    /// whole process, and stay taken after the server has ended; not if it could not start.
    pub fn stop_on_signals(mut self) -> Self {
        self.signals = true;
        self
    }

    /// Works with systemd, if that has started the process:
    ///
    /// - The server takes the listening socket that systemd passes (`LISTEN_FDS`), rather than to [`bind`](Builder::bind)
    ///   one. While the service is restarted, connections wait in it, and none is refused. It takes one; with
    ///   [`Accept::PerWorker`](crate::Accept::PerWorker) up to as many as there are workers, who share them.
    /// - systemd is told that the server listens (`READY=1`) and that it shuts down (`STOPPING=1`), and, if it has set a
    ///   watchdog, that all workers come round in their loops (`WATCHDOG=1`): so that a service of which one hangs in a
    ///   handler is started again.
    ///
    /// Started by others, the server is as without it. One server of a process takes the sockets, the first that is
    /// started with this.
    pub fn systemd(mut self) -> Self {
        self.systemd = true;
        self
    }

    /// Lets a new process take over from this one without a connection refused in between, through a Unix socket at
    /// `path`: each start of the program is given the same one.
    ///
    /// - If a server is there, this one takes its listening sockets, whatever [`bind`](Builder::bind) and
    ///   [`admin`](Builder::admin) say. As soon as this one serves, the other
    ///   [shuts down](crate::ServerHandle::shutdown), and [drains](Builder::drain). If this one can't be started, the
    ///   other goes on; if it hangs, the next that asks takes its turn.
    /// - If none is there, this one binds as ever.
    ///
    /// With [`Accept::PerWorker`](crate::Accept::PerWorker) there is a socket for each worker, and none can be left out, as
    /// connections may wait in it: the new server has at least as many workers as the old one.
    ///
    /// Only the user who runs the server can reach the socket; let nobody else write to the folder.
    pub fn hand_over(mut self, path: impl Into<PathBuf>) -> Self {
        self.hand_over = Some(path.into());
        self
    }
}
