//! How a server starts, with either way to accept.

use std::io;
use std::iter::repeat_n;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;

use super::Server;
use crate::error::{Error, Result};
use crate::mail::mailbox::way;
use crate::net::clock::SystemClock;
use crate::net::system::{Claim, SocketOptions, SystemListener, open};
use crate::server::accept::Accept;
use crate::server::admin::{self, Admin};
use crate::server::builder::Builder;
use crate::server::control::{Control, ThreadStop};
use crate::server::crew::{Crew, Errand, Orders, Place, SystemMailbox};
use crate::server::hand_over::Succession;
use crate::server::handle::ServerHandle;
use crate::server::master::Master;
use crate::server::signals::Signals;
use crate::server::systemd::{self, Herald};
use crate::server::watchdog::{Farewell, Limits, Watchdog};
use crate::service::Service;
use crate::stats::Door;
use crate::threads::{self, system};

/// Starts a server, and returns as soon as it listens.
pub(super) fn start<S: Service>(mut builder: Builder<S>) -> Result<Server> {
    let accept = builder.accept_mode()?;
    let orders = builder.orders()?;
    let backlog = builder.listen_backlog()?;
    let with_systemd = builder.works_with_systemd();
    let mut passed = if with_systemd { systemd::passed_listeners()? } else { Vec::new() };
    let mut succession = builder.hands_over().map(Succession::begin).transpose()?;
    if let Some(succession) = &mut succession {
        passed.append(&mut succession.inherited.listeners);
    }
    let addresses = if passed.is_empty() { builder.addresses()? } else { Vec::new() };
    if let Some(succession) = &mut succession {
        if passed.is_empty() {
            // The next process gets them too, so they are opened here, beside the workers.
            let sockets = (accept == Accept::PerWorker).then_some(orders.workers);
            passed = first(&addresses, |addr| open(addr, backlog, sockets))?;
        }
        succession.keep(&passed, orders.private_descriptors && !with_systemd)?;
    }
    // Before any thread: what a signal's handler writes to must be in the descriptor tables of all.
    let signals = builder.stops_on_signals().then(Signals::take).transpose()?;
    let commands = builder.descriptions();
    let limits = Limits {
        patience: builder.patience()?,
        farewell: Farewell { drain: orders.plan.drain, timeout: orders.plan.shutdown_timeout },
    };
    let options = builder.socket_options()?;
    let admin = builder.admin_address();
    let inherited_admin = succession.as_mut().and_then(|succession| succession.inherited.admin.take());
    let (workers, slots) = (orders.workers, orders.plan.connections);
    let mailboxes = Crew::mailboxes(workers, orders.plan.room())?;

    let setup = Setup {
        service: builder.service,
        orders,
        mailboxes: mailboxes.clone(),
        passed,
        addresses,
        backlog,
        options,
    };
    let Open { local_addr, crew, doors, master } = match accept {
        Accept::Master => setup.with_master()?,
        Accept::PerWorker => setup.per_worker()?,
    };
    let (master, stop) = master.unzip();
    let herald = Herald::new(mailboxes.clone());
    let is_shutting_down = AtomicBool::new(false);
    let control = Control {
        local_addr,
        commands,
        doors,
        mailboxes,
        connections: crew.connections(),
        master: stop,
        office: succession.as_ref().map(Succession::stop),
        is_shutting_down,
        announcer: herald.announcer(),
    };
    let handle = ServerHandle(Arc::new(control));
    let mut server = Server {
        handle,
        master,
        crew,
        watch: None,
        office: None,
        announcing: None,
        watchdog: None,
        admin: None,
    };
    // First, as what fails later has to end the workers.
    server.watchdog = Some(Watchdog::start(limits, server.handle(), server.crew.ends())?);
    if let Some(address) = admin {
        let listener = admin::open(address, inherited_admin)?;
        if let Some(succession) = &mut succession {
            succession.keep_admin(&listener)?;
        }
        server.admin = Some(Admin::start(listener, server.handle())?);
    }
    server.watch = signals.map(|signals| signals.watch(server.handle())).transpose()?;
    let (handle, admin) = (server.handle(), server.admin.as_ref().map(Admin::stop));
    let relieved = move || {
        handle.0.begin_shutdown();
        // The next server answers operators now: through the same socket, so that this one must not.
        if let Some(admin) = admin {
            admin.stop();
        }
    };
    server.office = succession.map(|succession| succession.complete(relieved)).transpose()?;
    server.announcing = with_systemd.then(|| herald.announce()).transpose()?;
    log::info!("listening on {local_addr}, {workers} workers of {slots} connections");
    Ok(server)
}

/// What a server is made of.
struct Setup<S: Service> {
    service: S,
    orders: Orders<S>,
    mailboxes: Vec<Arc<SystemMailbox>>,
    /// Sockets that listen already; if there are none, one is opened on one of the addresses.
    passed: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
    backlog: u32,
    options: SocketOptions,
}

/// What listens and serves.
struct Open {
    local_addr: SocketAddr,
    crew: Crew,
    doors: Vec<Arc<Door>>,
    master: Option<(JoinHandle<Result<()>>, ThreadStop)>,
}

impl<S: Service> Setup<S> {
    fn with_master(mut self) -> Result<Open> {
        let options = self.options;
        let mut listener = match self.passed.pop() {
            Some(socket) => SystemListener::adopt(socket, options)
                .map_err(system("listen on a socket that was passed"))?,
            None => first(&self.addresses, |addr| SystemListener::bind(addr, self.backlog, options))?,
        };
        if !self.passed.is_empty() {
            return Err(Error::PassedSockets {
                sockets: self.passed.len() + 1,
                workers: self.orders.workers,
            });
        }
        let local_addr = listener.local_addr().map_err(system("learn the listener's address"))?;
        let waker = listener.watch().map_err(system("watch the listener"))?;

        let slots = self.orders.plan.connections;
        let (dealers, hands): (Vec<_>, Vec<_>) =
            self.mailboxes.iter().map(|mailbox| way(slots, mailbox)).unzip();
        let posts = self.mailboxes.into_iter().zip(hands.into_iter().map(Errand::Adopt)).collect();
        let admission = Arc::clone(&self.orders.admission);
        let crew = Crew::start(self.service, self.orders, posts)?;

        let (door, stop) = (Arc::new(Door::default()), ThreadStop::new(waker));
        let (counts, flag) = (Arc::clone(&door), Arc::clone(&stop.flag));
        let master = Master::new(SystemClock::start(), listener, dealers, counts, admission, flag);
        let accept = move || master.run().map_err(system("wait for connections"));
        let thread = threads::spawn("mario-master", accept)?;
        Ok(Open { local_addr, crew, doors: vec![door], master: Some((thread, stop)) })
    }

    fn per_worker(self) -> Result<Open> {
        let doors: Vec<Arc<Door>> = self.mailboxes.iter().map(|_| Arc::default()).collect();
        let errands = doors.iter().map(|door| Errand::Listen(Arc::clone(door)));
        let (workers, sockets) = (self.mailboxes.len(), self.passed.len());
        if sockets > workers {
            return Err(Error::PassedSockets { sockets, workers });
        }
        let posts = self.mailboxes.into_iter().zip(errands).collect();
        let mut crew = Crew::start(self.service, self.orders, posts)?;
        if let Some(one) = self.passed.first() {
            let local_addr = one.local_addr().map_err(system("learn the listener's address"))?;
            let places: Vec<Place> =
                self.passed.into_iter().map(|socket| Place::Copy(Arc::new(socket))).collect();
            crew.listen(places.iter().cycle().take(workers).cloned(), self.options)?;
            return Ok(Open { local_addr, crew, doors, master: None });
        }

        // The workers have their descriptor tables: in none of them is a copy of the claim, nor of another's listener,
        // which would be open for as long as that copy.
        let claim = first(&self.addresses, Claim::new)?;
        let local_addr = claim.local_addr().map_err(system("learn the listener's address"))?;
        crew.listen(repeat_n(Place::Beside(local_addr, self.backlog), workers), self.options)?;
        Ok(Open { local_addr, crew, doors, master: None })
    }
}

/// What the first of the addresses gives that works, or the error of the last.
fn first<T>(addresses: &[SocketAddr], mut open: impl FnMut(SocketAddr) -> io::Result<T>) -> Result<T> {
    let mut result = Err(Error::NoAddress);
    for &address in addresses {
        result = open(address).map_err(|source| Error::Bind { address, source });
        if result.is_ok() {
            break;
        }
    }
    result
}
