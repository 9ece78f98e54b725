//! Listen, run, shut down.

pub(crate) mod accept;
pub(crate) mod admin;
pub(crate) mod builder;
pub(crate) mod control;
pub(crate) mod crew;
pub(crate) mod hand_over;
pub(crate) mod handle;
pub(crate) mod master;
pub(crate) mod memory;
pub(crate) mod metrics;
pub(crate) mod signals;
pub(crate) mod systemd;
pub(crate) mod watchdog;

mod start;

use std::net::SocketAddr;
use std::thread::JoinHandle;

use crate::error::Result;
use crate::mail::connections::Connections;
use crate::server::admin::Admin;
use crate::server::builder::Builder;
use crate::server::crew::Crew;
use crate::server::handle::ServerHandle;
use crate::server::signals::Watch;
use crate::server::systemd::Announcing;
use crate::server::watchdog::Watchdog;
use crate::service::Service;
use crate::service::dispatch::{CommandDescription, Commands};
use crate::stats::Stats;
use crate::threads;

/// A running server: one thread accepts, or [each worker](crate::Accept) does; the workers serve.
///
/// Dropping it shuts it down too, and waits.
#[derive(Debug)]
pub struct Server {
    handle: ServerHandle,
    master: Option<JoinHandle<Result<()>>>,
    crew: Crew,
    watch: Option<Watch>,
    office: Option<JoinHandle<()>>,
    announcing: Option<Announcing>,
    watchdog: Option<Watchdog>,
    admin: Option<Admin>,
}

impl<S: Service> Builder<S> {
    /// Starts the server and returns as soon as it listens.
    ///
    /// # Errors
    /// A setting that is out of range, an address that can't be listened on, or a system that has no memory,
    /// descriptors or threads for it.
    pub fn start(self) -> Result<Server> {
        start::start(self)
    }

    /// Serves until SIGINT or SIGTERM, then [shuts down](crate::ServerHandle::shutdown).
    ///
    /// # Errors
    /// As [`start`](Builder::start) and [`Server::join`].
    pub fn run(self) -> Result<()> {
        self.stop_on_signals().start()?.join()
    }
}

impl Server {
    /// The settings of a server for `service`, with the table that [`commands!`](crate::commands) makes.
    pub fn builder<S: Service>(service: S, commands: Commands<S>) -> Builder<S> {
        Builder::new(service, commands)
    }

    /// The address on which the server listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.handle.local_addr()
    }

    /// A way to all connections of the server, for any thread.
    pub fn connections(&self) -> Connections {
        self.handle.connections()
    }

    /// A way to the server from any thread.
    pub fn handle(&self) -> ServerHandle {
        self.handle.clone()
    }

    /// The commands of its service, in the order of their list: for documents, or for clients in other languages.
    pub fn commands(&self) -> &[CommandDescription] {
        self.handle.commands()
    }

    /// Where operators are listened to, if [they are](crate::Builder::admin).
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(Admin::local_addr)
    }

    /// What the server has counted so far.
    pub fn stats(&self) -> Stats {
        self.handle.stats()
    }

    /// Waits until the server has been shut down.
    ///
    /// # Errors
    /// [`Error::Unflushed`](crate::Error::Unflushed) if output had to be dropped, so that a `main` which returns this
    /// exits with a code other than 0; [`Error::Stuck`](crate::Error::Stuck) if a worker hangs, which is then waited for no
    /// longer than the [shutdown timeout](crate::Builder::shutdown_timeout) beyond the [drain](crate::Builder::drain);
    /// [`Error::Died`](crate::Error::Died) if a thread of the server panicked; [`Error::System`](crate::Error::System) if it
    /// could accept no more.
    pub fn join(mut self) -> Result<()> {
        self.wait()
    }

    /// [Shuts the server down](ServerHandle::shutdown) and waits.
    ///
    /// # Errors
    /// As [`join`](Server::join).
    pub fn shutdown(self) -> Result<()> {
        self.handle.shutdown();
        self.join()
    }

    fn wait(&mut self) -> Result<()> {
        let mut result = Ok(());
        if let Some(master) = self.master.take() {
            result = threads::join(master).and_then(|accepting| accepting);
        }
        result = result.and(self.crew.join());
        if let Some(watch) = self.watch.take() {
            result = result.and(watch.end());
        }
        if let Some(office) = self.office.take() {
            self.handle.0.begin_shutdown();
            result = result.and(threads::join(office));
        }
        if let Some(announcing) = self.announcing.take() {
            result = result.and(announcing.end());
        }
        if let Some(admin) = self.admin.take() {
            result = result.and(admin.end());
        }
        if let Some(watchdog) = self.watchdog.take() {
            result = result.and(watchdog.end());
        }
        crate::log::flush();
        result
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.handle.0.begin_shutdown();
        if let Err(error) = self.wait() {
            log::error!("{error}");
        }
    }
}
