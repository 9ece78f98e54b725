//! The client on tokio with the face of the one that blocks, so that the same tests try both.

use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use mario::client::tokio;
use mario::client::{Backoff, Received, Result};
use mario::proto::{Decode, OwnedReply};
use mario::{Packet, Request};

use ::tokio::runtime::{Builder as RuntimeBuilder, Runtime};
use ::tokio::task::spawn_blocking;
use ::tokio::time::timeout;

pub(crate) static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| RuntimeBuilder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

#[derive(Clone)]
pub(crate) struct Client(pub(crate) tokio::Client);

pub(crate) struct Builder(mario::client::Builder<tokio::Client>);

#[derive(Clone)]
pub(crate) struct Pushes(tokio::Pushes);

impl Client {
    pub(crate) fn connect(address: impl ToString) -> Result<Self> {
        RUNTIME.block_on(tokio::Client::connect(address)).map(Client)
    }

    pub(crate) fn builder(address: impl ToString) -> Builder {
        Builder(tokio::Client::builder(address))
    }

    pub(crate) fn with_call_timeout(&self, timeout: Duration) -> Self {
        Client(self.0.with_call_timeout(timeout))
    }

    pub(crate) fn call<R: Packet + for<'a> Decode<'a>>(
        &self,
        command: u16,
        request: impl Packet,
    ) -> Result<R> {
        RUNTIME.block_on(self.0.call(command, request))
    }

    pub(crate) fn call_frame<R: Packet>(&self, command: u16, request: impl Packet) -> Result<Received> {
        RUNTIME.block_on(self.0.call_frame::<R>(command, request))
    }

    pub(crate) fn request<Q: OwnedReply>(&self, request: Q) -> Result<Q::Reply> {
        RUNTIME.block_on(self.0.request(request))
    }

    pub(crate) fn request_frame<Q: Request>(&self, request: Q) -> Result<Received> {
        RUNTIME.block_on(self.0.request_frame(request))
    }

    pub(crate) fn send(&self, command: u16, request: &impl Packet) -> Result<()> {
        RUNTIME.block_on(self.0.send(command, request))
    }

    pub(crate) fn pushes(&self) -> Pushes {
        Pushes(self.0.pushes())
    }
}

impl Builder {
    pub(crate) fn max_packet(self, bytes: u16) -> Self {
        Builder(self.0.max_packet(bytes))
    }

    pub(crate) fn connect_timeout(self, timeout: Duration) -> Self {
        Builder(self.0.connect_timeout(timeout))
    }

    pub(crate) fn call_timeout(self, timeout: Duration) -> Self {
        Builder(self.0.call_timeout(timeout))
    }

    pub(crate) fn heartbeat(self, command: u16, every: Duration) -> Self {
        Builder(self.0.heartbeat(command, every))
    }

    pub(crate) fn reconnect(self, backoff: Backoff) -> Self {
        Builder(self.0.reconnect(backoff))
    }

    pub(crate) fn push_queue(self, frames: usize) -> Self {
        Builder(self.0.push_queue(frames))
    }

    pub(crate) fn on_connect(
        self,
        login: impl Fn(&Client) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + Send + Sync + 'static,
    ) -> Self {
        let login = Arc::new(login);
        Builder(self.0.on_connect(move |client| {
            let login = Arc::clone(&login);
            async move { spawn_blocking(move || login(&Client(client))).await? }
        }))
    }

    pub(crate) fn connect(self) -> Result<Client> {
        RUNTIME.block_on(self.0.connect()).map(Client)
    }
}

impl Pushes {
    pub(crate) fn try_next(&self) -> Option<Received> {
        self.0.try_next()
    }

    pub(crate) fn next_within(&self, time: Duration) -> Option<Received> {
        RUNTIME.block_on(async { timeout(time, self.0.next()).await }).ok().flatten()
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.0.dropped()
    }
}

impl Iterator for Pushes {
    type Item = Received;

    fn next(&mut self) -> Option<Received> {
        RUNTIME.block_on(self.0.next())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
