//! How any thread reaches a running server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::mail::connections::Connections;
use crate::server::control::Control;
use crate::server::crew::SystemMailbox;
use crate::server::metrics::Metrics;
use crate::server::systemd::Announcer;
use crate::service::dispatch::CommandDescription;
use crate::stats::{Door, Stats};

/// A way to a running server from any thread.
#[derive(Clone, Debug)]
pub struct ServerHandle(pub(crate) Arc<Control>);

impl ServerHandle {
    /// A handle to a worker without a server's threads.
    pub(crate) fn to_one_worker(
        mailbox: Arc<SystemMailbox>,
        connections: Connections,
        door: Arc<Door>,
        commands: Vec<CommandDescription>,
    ) -> Self {
        ServerHandle(Arc::new(Control {
            local_addr: SocketAddr::from(([0; 4], 0)),
            commands,
            doors: vec![door],
            mailboxes: vec![mailbox],
            connections,
            master: None,
            office: None,
            is_shutting_down: AtomicBool::new(false),
            announcer: Announcer::to_nobody(),
        }))
    }

    /// The address on which the server listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.0.local_addr
    }

    /// The commands of the server's service, in the order of their list.
    pub fn commands(&self) -> &[CommandDescription] {
        &self.0.commands
    }

    /// All that the server tells of itself, worker by worker and command by command. Gathering it allocates, and reads some
    /// thousand numbers: for once a second, not for each request.
    pub fn metrics(&self) -> Metrics {
        Metrics::of(&self.0, self.stats())
    }

    /// A way to all connections of the server.
    pub fn connections(&self) -> Connections {
        self.0.connections.clone()
    }

    /// What the server has counted so far.
    pub fn stats(&self) -> Stats {
        let Control { doors, mailboxes, .. } = &*self.0;
        let mut stats = Stats::default();
        for door in doors {
            stats.accepted += door.accepted.get();
            stats.refused += door.refused.get();
            stats.untrusted += door.untrusted.get();
            stats.refused_by_address += door.crowded.get();
            stats.refused_by_rate += door.hurried.get();
            stats.accept_delays += door.delayed.get();
            stats.accept_pauses += door.pauses.get();
        }
        for mailbox in mailboxes {
            stats.open += mailbox.load() as u64;
            stats.frames += mailbox.counters.frames.get();
            stats.bytes += mailbox.counters.bytes.get();
            stats.panics += mailbox.counters.panics.get();
            stats.stalled += u64::from(mailbox.is_stuck());
            stats.stalls += mailbox.counters.stalls.get();
            stats.deaths += mailbox.counters.deaths.get();
            stats.unanswered += mailbox.counters.unanswered.get();
            stats.pushes += mailbox.counters.pushes.sent.get();
            stats.pushes_dropped += mailbox.counters.pushes.dropped.total();
            stats.pushes_gone += mailbox.counters.pushes.gone.get() + mailbox.mail.lost();
            stats.pushes_refused += mailbox.mail.refused_pushes();
            stats.throttled += mailbox.counters.throttled.get();
            stats.too_fast += mailbox.counters.too_fast.get();
            stats.proxy_errors += mailbox.counters.proxy_errors.get();
            stats.refused_by_address += mailbox.counters.crowded.get();
        }
        stats
    }

    /// Tells the server to end, and returns at once: no more connections are accepted, each that is open is reported
    /// as disconnected, what was sent is flushed within the
    /// [shutdown timeout](crate::Builder::shutdown_timeout), and the threads end. [`Server::join`](crate::Server::join) waits for it.
    ///
    /// With a [`drain`](crate::Builder::drain), the connections go one after another. A server that ends already goes on
    /// with that.
    pub fn shutdown(&self) {
        self.0.begin_shutdown();
    }

    /// The same without a drain, or without the rest of the one that goes on: connections that are left are closed at once.
    pub fn shutdown_now(&self) {
        self.0.end_now();
    }
}
