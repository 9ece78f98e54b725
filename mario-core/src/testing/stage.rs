//! One worker, and all that it does until it would wait.

use std::sync::Arc;
use std::time::Duration;

use crate::error::Result;
use crate::mail::connections::Connections;
use crate::net::accepting::Acceptor;
use crate::net::clock::Clock;
use crate::net::memory::{Entry, Network, Wait};
use crate::net::system::Bell;
use crate::net::{Poll, Ready};
use crate::parts::slots::Key;
use crate::server::builder::Builder;
use crate::server::crew::{Crew, SystemMailbox};
use crate::service::Service;
use crate::stats::Door;
use crate::threads::system;
use crate::worker::{Seat, Worker};

/// A worker on a network in memory.
pub(super) struct Stage<S: Service> {
    worker: Worker<S, Network, Network, Bell>,
    events: Vec<Ready>,
    network: Network,
    unflushed: Option<usize>,
}

/// How others reach a stage: what a server with one worker would have.
pub(super) struct Ways<S> {
    pub(super) service: Arc<S>,
    pub(super) mailbox: Arc<SystemMailbox>,
    pub(super) connections: Connections,
    pub(super) door: Arc<Door>,
}

impl<S: Service> Stage<S> {
    /// A worker as these settings say.
    pub(super) fn new(builder: Builder<S>, network: Network) -> Result<(Self, Ways<S>)> {
        let orders = builder.orders()?;
        let (service, door) = (Arc::new(builder.service), Arc::new(Door::default()));
        let mailbox = Crew::mailboxes(1, orders.plan.room())?.remove(0);
        let connections = Connections::new::<S, _>(orders.plan.rules.stx, &[Arc::clone(&mailbox)]);
        let seat = Seat { index: 0, mailbox: Arc::clone(&mailbox), connections: connections.clone() };
        let clock = network.clone();
        let worker =
            Worker::new(seat, orders.plan, Arc::clone(&service), orders.commands, clock, network.clone());
        let mut worker = worker.map_err(|source| crate::Error::Memory { workers: 1, source })?;
        let acceptor = Acceptor::new(Entry(network.clone()), Arc::clone(&door), orders.admission);
        worker.accept_from(acceptor).map_err(system("watch the listener"))?;
        worker.begin();
        let stage = Stage { worker, events: Network::events(16), network, unflushed: None };
        Ok((stage, Ways { service, mailbox, connections, door }))
    }

    /// All that is to do now.
    pub(super) fn settle(&mut self) {
        while self.unflushed.is_none() {
            self.step();
            if self.network.idle().is_some() {
                break;
            }
        }
    }

    /// All that is to do in so much time, each thing at its own.
    pub(super) fn advance(&mut self, time: Duration) {
        let end = self.network.now().saturating_add(time);
        self.settle();
        while self.unflushed.is_none()
            && let Some(Wait(Some(wait))) = self.network.idle()
            && wait <= end.saturating_sub(self.network.now())
        {
            self.pass(wait);
        }
        self.pass(end.saturating_sub(self.network.now()));
    }

    fn pass(&mut self, time: Duration) {
        self.network.pass(time);
        // The worker learns what time it is when its wait ends, and only then does what is due.
        self.step();
        self.settle();
    }

    fn step(&mut self) {
        if self.unflushed.is_none() && !self.worker.step(&mut self.events) {
            self.unflushed = Some(self.worker.end());
        }
    }

    /// How many connections were dropped with output unsent, if the server has ended.
    pub(super) fn unflushed(&self) -> Option<usize> {
        self.unflushed
    }

    pub(super) fn worker(&mut self) -> &mut S::Worker {
        self.worker.state()
    }

    pub(super) fn session(&mut self, key: Key) -> Option<&mut S::Session> {
        self.worker.connection(key).map(|connection| connection.session())
    }
}
