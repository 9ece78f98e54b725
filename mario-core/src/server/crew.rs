//! The threads of the workers: started together, stopped together.

mod ends;

use std::any::Any;
use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use crate::error::{Error, Result};
use crate::mail::Room;
use crate::mail::connections::Connections;
use crate::mail::mailbox::{Hand, Mailbox};
use crate::net::accepting::Acceptor;
use crate::net::admission::{Admission, Arrival};
use crate::net::clock::SystemClock;
use crate::net::system::{
    Bell, SharedListener, SocketOptions, SystemPoll, SystemStream, adopt, bind_beside, make_table_private,
};
use crate::service::Service;
use crate::service::dispatch::Commands;
use crate::stats::Door;
use crate::threads::{self, system};
use crate::worker::{Plan, Seat, Worker};
pub(crate) use ends::End;
use ends::Ending;

/// The mailbox of a worker that runs on the system's network.
pub(crate) type SystemMailbox = Mailbox<Bell>;

type SystemWorker<S> = Worker<S, SystemPoll, SystemClock, Bell>;

/// What all workers are told.
pub(crate) struct Orders<S: Service> {
    pub(crate) commands: Commands<S>,
    pub(crate) plan: Plan,
    pub(crate) admission: Arc<Admission>,
    pub(crate) workers: usize,
    pub(crate) private_descriptors: bool,
}

/// Where one worker's connections are to come from.
pub(crate) enum Errand {
    /// From the master.
    Adopt(Hand<Arrival<SystemStream>, Bell>),
    /// From a listener of its own, which counts here; [`Crew::listen`] tells where.
    Listen(Arc<Door>),
}

/// The workers of a server. Dropping it stops them, and waits.
pub(crate) struct Crew {
    mailboxes: Vec<Arc<SystemMailbox>>,
    connections: Connections,
    /// Without those that have ended, or were given up.
    threads: Vec<Option<JoinHandle<usize>>>,
    ends: (mpsc::Sender<End>, mpsc::Receiver<End>),
    /// To those who wait for where to listen.
    calls: Vec<mpsc::Sender<Call>>,
    /// Held to the end, so that none of the workers is the last to drop it: with a descriptor table of its own it would
    /// close only its copies of what the service holds open.
    _service: Arc<dyn Any + Send + Sync>,
}

/// Where a worker is to listen.
#[derive(Clone)]
pub(crate) enum Place {
    /// On a socket of its own, with this backlog.
    Beside(SocketAddr, u32),
    /// On its copy of one that listens already. It was opened before the workers, so that all of them have it.
    Copy(Arc<TcpListener>),
}

/// Where to listen, and whom to tell that it is done.
struct Call {
    place: Place,
    options: SocketOptions,
    done: mpsc::Sender<Result<()>>,
}

impl Place {
    /// Consumes it, so that what is opened once for all is not closed last by a worker.
    fn listen(self, options: SocketOptions) -> Result<SharedListener> {
        match self {
            Place::Beside(address, backlog) => {
                bind_beside(address, backlog, options).map_err(|source| Error::Bind { address, source })
            }
            Place::Copy(listener) => {
                let copy = listener.try_clone().and_then(|copy| adopt(copy, options));
                copy.map_err(system("listen on a socket that was passed"))
            }
        }
    }
}

impl Crew {
    /// A mailbox for each worker. All are made before the first worker, so that a table of its own has all the bells.
    pub(crate) fn mailboxes(workers: usize, room: Room) -> Result<Vec<Arc<SystemMailbox>>> {
        let one = |_| Bell::new().map(|bell| Arc::new(Mailbox::new(bell, room)));
        (0..workers).map(one).collect::<Result<_, _>>().map_err(system("make a bell for each worker"))
    }

    /// Starts the workers, and waits until all have laid out their memory.
    pub(crate) fn start<S: Service>(
        service: S,
        orders: Orders<S>,
        posts: Vec<(Arc<SystemMailbox>, Errand)>,
    ) -> Result<Crew> {
        let (service, orders, clock) = (Arc::new(service), Arc::new(orders), SystemClock::start());
        let mailboxes: Vec<_> = posts.iter().map(|(mailbox, _)| Arc::clone(mailbox)).collect();
        let connections = Connections::new::<S, _>(orders.plan.rules.stx, &mailboxes);
        let mut crew = Crew {
            mailboxes,
            connections: connections.clone(),
            threads: Vec::with_capacity(posts.len()),
            ends: mpsc::channel(),
            calls: Vec::new(),
            _service: Arc::clone(&service) as Arc<dyn Any + Send + Sync>,
        };
        let (ready, laid_out) = mpsc::channel();
        for (index, (mailbox, errand)) in posts.into_iter().enumerate() {
            let (service, orders, ready) = (Arc::clone(&service), Arc::clone(&orders), ready.clone());
            let seat = Seat { index, mailbox, connections: connections.clone() };
            let admission = Arc::clone(&orders.admission);
            let (caller, calls) = mpsc::channel();
            if let Errand::Listen(_) = errand {
                crew.calls.push(caller);
            }
            let to = crew.ends.0.clone();
            let thread = threads::spawn(&format!("mario-worker-{index}"), move || {
                // Dropped last.
                let _ending = Ending { worker: index, to };
                let worker = prepare(seat, service, &orders, clock);
                // The one who waits has gone if another worker has failed.
                let (worker, outcome) = split(worker);
                let _ = ready.send(outcome);
                drop((ready, orders));
                worker.map_or(0, |worker| serve(worker, errand, &calls, admission))
            })?;
            crew.threads.push(Some(thread));
        }
        drop((service, ready));
        crew.await_all(&laid_out)?;
        Ok(crew)
    }

    /// The way to the connections of all workers.
    pub(crate) fn connections(&self) -> Connections {
        self.connections.clone()
    }

    /// Lets the workers listen that are to do it themselves, and waits until all do.
    pub(crate) fn listen(
        &mut self,
        places: impl Iterator<Item = Place>,
        options: SocketOptions,
    ) -> Result<()> {
        let (done, listening) = mpsc::channel();
        for (worker, place) in self.calls.drain(..).zip(places) {
            // One that has died is noticed below.
            let _ = worker.send(Call { place, options, done: done.clone() });
        }
        drop(done);
        self.await_all(&listening)
    }

    /// Tells all workers to end.
    pub(crate) fn stop(&mut self) {
        self.calls.clear();
        for mailbox in &self.mailboxes {
            mailbox.stop();
        }
    }

    /// How the watchdog says that a worker is not to be waited for.
    pub(crate) fn ends(&self) -> mpsc::Sender<End> {
        self.ends.0.clone()
    }

    /// Waits until all workers have ended, but for those that were given up.
    ///
    /// # Errors
    /// [`Error::Died`] if one panicked, [`Error::Stuck`] if one was given up, [`Error::Unflushed`] if output had to be
    /// dropped.
    pub(crate) fn join(&mut self) -> Result<()> {
        let mut result = Ok(());
        let mut connections = 0;
        while self.threads.iter().any(Option::is_some) {
            // It never fails, as the crew has a sender itself.
            let Ok(end) = self.ends.1.recv() else { break };
            let (End::Ended { worker } | End::GivenUp { worker, .. }) = end;
            let Some(thread) = self.threads.get_mut(worker).and_then(Option::take) else { continue };
            match end {
                End::Ended { .. } => match threads::join(thread) {
                    Ok(unflushed) => connections += unflushed,
                    Err(error) => result = Err(error),
                },
                End::GivenUp { error, .. } => result = Err(error),
            }
        }
        if connections > 0 {
            let unflushed = Error::Unflushed { connections };
            log::warn!("{unflushed}");
            result = result.and(Err(unflushed));
        }
        result
    }

    /// Waits for what each worker says.
    fn await_all(&mut self, outcomes: &mpsc::Receiver<Result<()>>) -> Result<()> {
        for _ in 0..self.threads.len() {
            let Ok(outcome) = outcomes.recv() else {
                // All who are left have spoken: one has died.
                self.stop();
                return self.join();
            };
            outcome?;
        }
        Ok(())
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.stop();
        if let Err(error) = self.join() {
            log::error!("{error}");
        }
    }
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crew").field("threads", &self.threads).finish_non_exhaustive()
    }
}

/// Makes the worker of the current thread, with all that it will need.
fn prepare<S: Service>(
    seat: Seat<Bell>,
    service: Arc<S>,
    orders: &Orders<S>,
    clock: SystemClock,
) -> Result<SystemWorker<S>> {
    if orders.private_descriptors {
        make_table_private().map_err(system("give each worker a descriptor table of its own"))?;
    }
    crate::log::prepare_thread();
    let poll = seat.mailbox.doorbell.waker().poll().map_err(system("make a poll for each worker"))?;
    let (plan, workers) = (orders.plan.clone(), orders.workers);
    Worker::new(seat, plan, service, orders.commands, clock, poll)
        .map_err(|source| Error::Memory { workers, source })
}

/// Serves until the server ends. The answer is how many connections had to be dropped with output unsent.
fn serve<S: Service>(
    mut worker: SystemWorker<S>,
    errand: Errand,
    calls: &mpsc::Receiver<Call>,
    admission: Arc<Admission>,
) -> usize {
    match errand {
        Errand::Adopt(hand) => worker.adopt_from(hand),
        Errand::Listen(door) => {
            // There is no call if another worker has failed.
            let Ok(Call { place, options, done }) = calls.recv() else { return 0 };
            let listening = place.listen(options).and_then(|listener| {
                worker
                    .accept_from(Acceptor::new(listener, door, admission))
                    .map_err(system("watch the listener"))
            });
            let (listening, outcome) = split(listening);
            let _ = done.send(outcome);
            if listening.is_none() {
                return 0;
            }
        }
    }
    worker.run()
}

/// What is kept of a result, and what is told of it.
fn split<T>(result: Result<T>) -> (Option<T>, Result<()>) {
    match result {
        Ok(value) => (Some(value), Ok(())),
        Err(error) => (None, Err(error)),
    }
}
