//! The server of a test.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::TestClient;
use super::stage::{Stage, Ways};
use crate::mail::connections::Connections;
use crate::net::memory::Network;
use crate::server::builder::Builder;
use crate::server::handle::ServerHandle;
use crate::service::Service;
use crate::stats::Stats;

/// A server without sockets and threads: it does everything in the calls of the test.
///
/// It has one worker, and whatever else a [`Builder`] sets but the address, how connections are accepted, and who stops
/// or restarts it: those are for real servers.
pub struct TestServer<S: Service> {
    stage: Rc<RefCell<Stage<S>>>,
    network: Network,
    service: Arc<S>,
    handle: ServerHandle,
    stx: u32,
    clients: Cell<u32>,
}

impl<S: Service> TestServer<S> {
    /// A server with these settings, that has started.
    ///
    /// # Panics
    /// If a setting is out of range, or there is no memory for what they ask for.
    #[track_caller]
    pub fn new(builder: Builder<S>) -> Self {
        let (stx, commands) = (builder.token(), builder.descriptions());
        let network = Network::default();
        let (mut stage, ways) = match Stage::new(builder, network.clone()) {
            Ok(parts) => parts,
            Err(error) => panic!("the server does not start: {error}"),
        };
        stage.settle();
        let Ways { service, mailbox, connections, door } = ways;
        let handle = ServerHandle::to_one_worker(mailbox, connections, door, commands);
        TestServer {
            stage: Rc::new(RefCell::new(stage)),
            network,
            service,
            handle,
            stx,
            clients: Cell::default(),
        }
    }

    /// A client connects, from an address in 127.0.0.0/8; the first 16 million have each one of its own.
    pub fn connect(&self) -> TestClient<S> {
        let number = self.clients.get().wrapping_add(1);
        self.clients.set(number);
        let [_, high, middle, low] = number.to_be_bytes();
        self.connect_from(SocketAddr::from((Ipv4Addr::new(127, high, middle, low), 50_000)))
    }

    /// A client connects from this address.
    ///
    /// Where all slots are taken, it is [closed](TestClient::is_closed) at once, as a real one is.
    pub fn connect_from(&self, peer: SocketAddr) -> TestClient<S> {
        let wire = self.network.connect(peer);
        self.settle();
        TestClient::new(Rc::clone(&self.stage), wire, self.stx)
    }

    /// Lets so much time pass. What is due in it happens, each thing at its time: ticks, timeouts, drains.
    pub fn advance(&self, time: Duration) {
        self.stage.borrow_mut().advance(time);
    }

    /// Does what there is to do. Only needed after something that is not a call of this module: an order or a packet
    /// that came through a [`handle`](TestServer::handle).
    pub fn settle(&self) {
        self.stage.borrow_mut().settle();
    }

    /// The service.
    pub fn service(&self) -> &S {
        &self.service
    }

    /// Looks at what the service keeps for the worker, or changes it.
    ///
    /// # Panics
    /// If `look` uses the server or one of its clients.
    pub fn worker<R>(&self, look: impl FnOnce(&mut S::Worker) -> R) -> R {
        look(self.stage.borrow_mut().worker())
    }

    /// A handle, as a real server has; on it are the address 0.0.0.0:0 and no thread.
    pub fn handle(&self) -> ServerHandle {
        self.handle.clone()
    }

    /// A way to all connections of the server. What is pushed arrives with whatever a client does next, or when the
    /// server [`settle`](TestServer::settle)s.
    pub fn connections(&self) -> Connections {
        self.handle.connections()
    }

    /// What the server has counted so far; [`ServerHandle::metrics`] tells more.
    pub fn stats(&self) -> Stats {
        self.handle.stats()
    }

    /// Tells the server to end, or to [drain](Builder::drain) if it is to: then [`advance`](TestServer::advance) lets
    /// the connections go.
    pub fn shutdown(&self) {
        self.handle.shutdown();
        self.settle();
    }

    /// Tells it to end without a drain, or without the rest of the one that goes on.
    pub fn shutdown_now(&self) {
        self.handle.shutdown_now();
        self.settle();
    }

    /// How many connections were dropped with output that their clients had not read, once the server has ended.
    pub fn unflushed(&self) -> Option<usize> {
        self.stage.borrow().unflushed()
    }
}

impl<S: Service> fmt::Debug for TestServer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestServer").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
