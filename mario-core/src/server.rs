//! Listen, run, shut down.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use mio::net::TcpStream;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::builder::Builder;
use crate::clock::SystemClock;
use crate::dispatch::Commands;
use crate::error::{Error, Result};
use crate::mailbox::{Dealer, Hand, Mailbox, mailbox};
use crate::master::Master;
use crate::net::{SystemListener, SystemPoll};
use crate::service::Service;
use crate::stats::{Door, Stats};
use crate::worker::{Plan, Worker};

/// A running server: one thread accepts, the workers serve.
///
/// Dropping it shuts it down too, and waits.
#[derive(Debug)]
pub struct Server {
    handle: ServerHandle,
    master: Option<JoinHandle<()>>,
    workers: Vec<JoinHandle<usize>>,
    watch: Option<SignalWatch>,
}

/// A way to a running server from any thread.
#[derive(Clone, Debug)]
pub struct ServerHandle(Arc<Control>);

struct Control {
    local_addr: SocketAddr,
    stop: Arc<AtomicBool>,
    listener: Arc<mio::Waker>,
    door: Arc<Door>,
    mailboxes: Vec<Arc<Mailbox<mio::Waker>>>,
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

    pub(crate) fn start<S: Service>(mut builder: Builder<S>) -> Result<Server> {
        let plan = builder.plan()?;
        let count = builder.worker_count()?;
        let signals = builder.stops_on_signals().then(|| Signals::new([SIGINT, SIGTERM])).transpose();
        let signals = signals.map_err(system("watch for signals"))?;
        let mut listener = listen(&builder.addresses()?, builder.listen_backlog()?)?;
        let local_addr = listener.local_addr().map_err(system("learn the listener's address"))?;
        let waker = listener.watch().map_err(system("watch the listener"))?;
        let (dealers, posts): (Vec<_>, Vec<_>) = posts(count, plan.connections)?.into_iter().unzip();

        let control = Arc::new(Control {
            local_addr,
            stop: Arc::default(),
            listener: waker,
            door: Arc::default(),
            mailboxes: dealers.iter().map(|dealer| Arc::clone(&dealer.mailbox)).collect(),
        });
        let mut server =
            Server { handle: ServerHandle(control), master: None, workers: Vec::new(), watch: None };
        server.spawn_workers(posts, &plan, builder.service, builder.commands)?;
        server.spawn_master(listener, dealers)?;
        server.watch = signals.map(|signals| SignalWatch::spawn(signals, server.handle())).transpose()?;
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
            self.workers.push(spawn(&format!("mario-worker-{index}"), move || {
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
        self.master = Some(spawn("mario-master", move || master.run())?);
        Ok(())
    }

    fn wait(&mut self) -> Result<()> {
        let mut result = self.master.take().map_or(Ok(()), joined);
        // Without its master a server is of no use.
        self.handle.shutdown();
        for worker in self.workers.drain(..) {
            match joined(worker) {
                Ok(0) => {}
                Ok(unflushed) => log::warn!("{unflushed} connections were dropped before all was sent"),
                Err(error) => result = Err(error),
            }
        }
        if let Some(watch) = self.watch.take() {
            result = result.and(watch.end());
        }
        log::logger().flush();
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

impl ServerHandle {
    /// The address on which the server listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.0.local_addr
    }

    /// What the server has counted so far.
    pub fn stats(&self) -> Stats {
        let Control { door, mailboxes, .. } = &*self.0;
        let mut stats = Stats {
            accepted: door.accepted.get(),
            refused: door.refused.get(),
            accept_pauses: door.pauses.get(),
            ..Stats::default()
        };
        for mailbox in mailboxes {
            stats.open += mailbox.load() as u64;
            stats.frames += mailbox.counters.frames.get();
            stats.bytes += mailbox.counters.bytes.get();
            stats.panics += mailbox.counters.panics.get();
        }
        stats
    }

    /// Tells the server to end, and returns at once: no more connections are accepted, each that is open is reported
    /// as disconnected, what was sent is flushed within the
    /// [shutdown timeout](Builder::shutdown_timeout), and the threads end. [`Server::join`] waits for it.
    pub fn shutdown(&self) {
        self.0.stop.store(true, Ordering::Release);
        if let Err(error) = self.0.listener.wake() {
            log::error!("the master can't be woken: {error}");
        }
        for mailbox in &self.0.mailboxes {
            mailbox.stop();
        }
    }
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").field("local_addr", &self.local_addr).finish_non_exhaustive()
    }
}

/// The thread that waits for signals.
#[derive(Debug)]
struct SignalWatch {
    signals: signal_hook::iterator::Handle,
    thread: JoinHandle<()>,
}

impl SignalWatch {
    fn spawn(mut signals: Signals, server: ServerHandle) -> Result<Self> {
        let handle = signals.handle();
        let thread = spawn("mario-signals", move || {
            for signal in signals.forever() {
                log::info!("signal {signal}: shutting down");
                server.shutdown();
            }
        })?;
        Ok(SignalWatch { signals: handle, thread })
    }

    fn end(self) -> Result<()> {
        self.signals.close();
        joined(self.thread)
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

fn spawn<T: Send + 'static>(name: &str, run: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>> {
    thread::Builder::new().name(name.to_owned()).spawn(run).map_err(system("start a thread"))
}

fn joined<T>(thread: JoinHandle<T>) -> Result<T> {
    let name = thread.thread().name().unwrap_or("unnamed").to_owned();
    thread.join().map_err(|_| Error::Died(name))
}

fn system(what: &'static str) -> impl FnOnce(std::io::Error) -> Error {
    move |source| Error::System { what, source }
}
