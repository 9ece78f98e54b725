//! Listen, run, shut down.

use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use mio::net::TcpStream;

use crate::builder::Builder;
use crate::clock::SystemClock;
use crate::dispatch::{CommandDescription, Commands, Entry};
use crate::error::{Error, Result};
use crate::handle::{Control, ServerHandle};
use crate::mailbox::{Dealer, Hand, mailbox};
use crate::master::Master;
use crate::net::system::{SystemListener, SystemPoll};
use crate::service::Service;
use crate::signals::{Signals, Watch};
use crate::stats::Stats;
use crate::threads::{self, system};
use crate::worker::{Plan, Worker};

/// A running server: one thread accepts, the workers serve.
///
/// Dropping it shuts it down too, and waits.
#[derive(Debug)]
pub struct Server {
    handle: ServerHandle,
    master: Option<JoinHandle<()>>,
    workers: Vec<JoinHandle<usize>>,
    watch: Option<Watch>,
}

impl<S: Service> Builder<S> {
    /// Starts the server and returns as soon as it listens.
    ///
    /// # Errors
    /// A setting that is out of range, an address that can't be listened on, or a system that has no memory,
    /// descriptors or threads for it.
    pub fn start(self) -> Result<Server> {
        Server::start(self)
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

    /// A way to the server from any thread.
    pub fn handle(&self) -> ServerHandle {
        self.handle.clone()
    }

    /// The commands of its service, in the order of their list: for documents, or for clients in other languages.
    pub fn commands(&self) -> &[CommandDescription] {
        self.handle.commands()
    }

    /// What the server has counted so far.
    pub fn stats(&self) -> Stats {
        self.handle.stats()
    }

    /// Waits until the server has been shut down.
    ///
    /// # Errors
    /// [`Error::Died`] if a thread of the server panicked.
    pub fn join(mut self) -> Result<()> {
        self.wait()
    }

    /// [Shuts the server down](ServerHandle::shutdown) and waits.
    ///
    /// # Errors
    /// [`Error::Died`] if a thread of the server panicked.
    pub fn shutdown(self) -> Result<()> {
        self.handle.shutdown();
        self.join()
    }

    fn start<S: Service>(mut builder: Builder<S>) -> Result<Server> {
        let plan = builder.plan()?;
        let count = builder.worker_count()?;
        let signals = builder.stops_on_signals().then(Signals::take).transpose()?;
        let mut listener = listen(&builder.addresses()?, builder.listen_backlog()?)?;
        let local_addr = listener.local_addr().map_err(system("learn the listener's address"))?;
        let waker = listener.watch().map_err(system("watch the listener"))?;
        let (dealers, posts): (Vec<_>, Vec<_>) = posts(count, plan.connections)?.into_iter().unzip();

        let control = Arc::new(Control {
            local_addr,
            stop: Arc::default(),
            listener: waker,
            commands: builder.commands.iter().map(Entry::description).collect(),
            door: Arc::default(),
            mailboxes: dealers.iter().map(|dealer| Arc::clone(&dealer.mailbox)).collect(),
        });
        let mut server =
            Server { handle: ServerHandle(control), master: None, workers: Vec::new(), watch: None };
        server.spawn_workers(posts, &plan, builder.service, builder.commands)?;
        server.spawn_master(listener, dealers)?;
        server.watch = signals.map(|signals| signals.watch(server.handle())).transpose()?;
        log::info!("listening on {local_addr}, {count} workers of {} connections", plan.connections);
        Ok(server)
    }

    /// Starts the workers, and waits until all have laid out their memory.
    fn spawn_workers<S: Service>(
        &mut self,
        posts: Vec<Post>,
        plan: &Plan,
        service: S,
        commands: Commands<S>,
    ) -> Result<()> {
        let service = Arc::new(service);
        let clock = SystemClock::start();
        let count = posts.len();
        let (ready, laid_out) = mpsc::channel();
        for (index, (poll, hand)) in posts.into_iter().enumerate() {
            let (plan, service, ready) = (plan.clone(), Arc::clone(&service), ready.clone());
            self.workers.push(threads::spawn(&format!("mario-worker-{index}"), move || {
                crate::log::prepare_thread();
                let worker = Worker::new(index, plan, service, commands, clock, poll, hand);
                let (worker, outcome) = match worker {
                    Ok(worker) => (Some(worker), Ok(())),
                    Err(source) => (None, Err(Error::Memory { workers: count, source })),
                };
                // The one who waits has gone if another worker has failed.
                let _ = ready.send(outcome);
                worker.map_or(0, Worker::run)
            })?);
        }
        laid_out.iter().take(count).collect()
    }

    fn spawn_master(&mut self, listener: SystemListener, dealers: Vec<SystemDealer>) -> Result<()> {
        let ServerHandle(control) = &self.handle;
        let (door, stop) = (Arc::clone(&control.door), Arc::clone(&control.stop));
        let master = Master::new(SystemClock::start(), listener, dealers, door, stop);
        self.master = Some(threads::spawn("mario-master", move || master.run())?);
        Ok(())
    }

    fn wait(&mut self) -> Result<()> {
        let mut result = self.master.take().map_or(Ok(()), threads::join);
        // Without its master a server is of no use.
        self.handle.shutdown();
        for worker in self.workers.drain(..) {
            match threads::join(worker) {
                Ok(0) => {}
                Ok(unflushed) => log::warn!("{unflushed} connections were dropped before all was sent"),
                Err(error) => result = Err(error),
            }
        }
        if let Some(watch) = self.watch.take() {
            result = result.and(watch.end());
        }
        crate::log::flush();
        result
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.handle.shutdown();
        if let Err(error) = self.wait() {
            log::error!("{error}");
        }
    }
}

type SystemDealer = Dealer<TcpStream, mio::Waker>;

/// A worker's poll, and its end of the way from the master.
type Post = (SystemPoll, Hand<TcpStream, mio::Waker>);

/// A way to each worker, and its post.
fn posts(count: usize, slots: usize) -> Result<Vec<(SystemDealer, Post)>> {
    let one = |_| {
        let (poll, waker) = SystemPoll::new().map_err(system("make a poll for each worker"))?;
        let (dealer, hand) = mailbox(slots, waker);
        Ok((dealer, (poll, hand)))
    };
    (0..count).map(one).collect()
}

fn listen(addresses: &[SocketAddr], backlog: u32) -> Result<SystemListener> {
    let mut result = Err(Error::NoAddress);
    for &address in addresses {
        result = SystemListener::bind(address, backlog).map_err(|source| Error::Bind { address, source });
        if result.is_ok() {
            break;
        }
    }
    result
}
