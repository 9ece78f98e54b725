//! The user's door: the settings of a server.

mod admission;
mod deadlines;
mod supervision;
mod throttle;

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::accept::Accept;
use crate::admission::Admission;
use crate::buffers::SEGMENT;
use crate::crew::Orders;
use crate::dispatch::{CommandDescription, Commands, Entry};
use crate::error::{Error, Result};
use crate::exchange::Rules;
use crate::groups::MOST_MEMBERSHIPS;
use crate::link::ConnId;
use crate::mail::MOST_LETTERS;
use crate::net::system::{HAS_PRIVATE_TABLES, SocketOptions};
use crate::outbox::{Marks, Outbox};
use crate::service::Service;
use crate::stx::Stx;
use crate::timers::MOST_TIMERS;
use crate::watchdog::Patience;
use crate::worker::Plan;
use admission::AdmissionSettings;
use deadlines::DeadlineSettings;
use supervision::SupervisionSettings;
use throttle::ThrottleSettings;

/// The smallest pool of input that is taken by default: some paused connections find room in it.
const LEAST_INPUT_POOL: usize = 1 << 20;

/// The settings of a [`Server`](crate::Server), each with a default but the address.
///
/// What is out of range is an [`Error`] of [`start`](Builder::start) and [`run`](Builder::run) that says what to do.
///
/// ```
/// # use std::time::Duration;
/// # struct Gateway;
/// # impl mario::Service for Gateway { type Session = (); type Worker = (); }
/// # fn main() -> mario::Result<()> {
/// let server = mario::Server::builder(Gateway, mario::commands![])
///     .bind("127.0.0.1:0")
///     .workers(2)
///     .connections(1_000)
///     .read_timeout(Duration::from_secs(60))
///     .heartbeat(0x0001)
///     .start()?;
/// println!("listening on {}", server.local_addr());
/// server.shutdown()
/// # }
/// ```
#[must_use = "a builder does nothing until `run` or `start`"]
pub struct Builder<S: Service> {
    pub(crate) service: S,
    commands: Commands<S>,
    addresses: Result<Vec<SocketAddr>>,
    workers: Option<usize>,
    accept: Accept,
    private_descriptors: bool,
    connections: usize,
    backlog: u32,
    stx: Stx,
    max_packet: u16,
    heartbeat: Option<u16>,
    read_timeout: Option<Duration>,
    write_timeout: Duration,
    shutdown_timeout: Duration,
    drain: Option<Duration>,
    tick: Option<Duration>,
    time_commands: bool,
    timers: Option<usize>,
    mailbox: usize,
    memberships: Option<usize>,
    deferred: usize,
    marks: Marks,
    input_pool: Option<usize>,
    output_pool: usize,
    admission: AdmissionSettings,
    supervision: SupervisionSettings,
    throttle: ThrottleSettings,
    deadlines: DeadlineSettings,
    admin: Option<SocketAddr>,
    signals: bool,
    systemd: bool,
    hand_over: Option<PathBuf>,
}

impl<S: Service> Builder<S> {
    pub(crate) fn new(service: S, commands: Commands<S>) -> Self {
        Builder {
            service,
            commands,
            addresses: Err(Error::NoAddress),
            workers: None,
            accept: Accept::Master,
            private_descriptors: false,
            connections: 16_384,
            backlog: 4_096,
            stx: Stx::default(),
            max_packet: mario_proto::DEFAULT_MAX_PACKET,
            heartbeat: None,
            read_timeout: Some(Duration::from_secs(300)),
            write_timeout: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(5),
            drain: None,
            tick: None,
            time_commands: false,
            timers: None,
            mailbox: 4_096,
            memberships: None,
            deferred: 4_096,
            marks: Marks { low_water: 16 << 10, high_water: 64 << 10, limit: 1 << 20 },
            input_pool: None,
            output_pool: 64 << 20,
            admission: AdmissionSettings::default(),
            supervision: SupervisionSettings::default(),
            throttle: ThrottleSettings::default(),
            deadlines: DeadlineSettings::default(),
            admin: None,
            signals: false,
            systemd: false,
            hand_over: None,
        }
    }

    /// The address to listen on, as `"127.0.0.1:8082"`. Port 0 lets the system choose:
    /// [`Server::local_addr`](crate::Server::local_addr) tells which. Of several addresses of a name, the first that works is taken.
    pub fn bind(mut self, address: impl ToSocketAddrs + fmt::Debug) -> Self {
        self.addresses = match address.to_socket_addrs() {
            Ok(addresses) => Ok(addresses.collect()),
            Err(source) => Err(Error::Address { address: format!("{address:?}"), source }),
        };
        self
    }

    /// How many worker threads serve connections: 1 to 1,024; by default as many as the machine has cores.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Who accepts connections: by default [a master](Accept::Master).
    pub fn accept(mut self, accept: Accept) -> Self {
        self.accept = accept;
        self
    }

    /// Gives each worker a descriptor table of its own, so that the limit for open descriptors (`ulimit -n`) is one for
    /// each worker, not for all together. Needs [`Accept::PerWorker`], and Linux, where it is `unshare(CLONE_FILES)`;
    /// where a container forbids that, [`start`](Builder::start) says so.
    ///
    /// For a service it means that descriptors, and all that has one, as files and sockets, belong to threads:
    ///
    /// - What is open at the `start` is copied to each worker, and may be used on all threads. It is closed in truth when
    ///   the last copy is: with the workers, not when you close yours. So begin with this server, before other servers and
    ///   whatever is to be closed earlier.
    /// - What is opened after `start` exists only for those who share a table: a worker with the threads that it starts,
    ///   or all others. Elsewhere its number means nothing, or somebody's connection, so never send it there. What a
    ///   worker needs it opens itself, in [`Service::started`], and keeps in [`Service::Worker`].
    /// - Libraries that open something once for the whole process, as a pool of database connections, are best used on
    ///   a thread beside the workers, over channels. These, locks and [`mario::log`](mod@crate::log) need no
    ///   descriptor. A handle to this server works everywhere; one to a server that was started later does not work
    ///   on these workers.
    /// - Signals are handled on other threads: workers take none but those of their own faults.
    ///
    /// ```
    /// # #[cfg(target_os = "linux")] fn main() -> mario::Result<()> {
    /// # struct Gateway;
    /// # impl mario::Service for Gateway { type Session = (); type Worker = (); }
    /// let server = mario::Server::builder(Gateway, mario::commands![])
    ///     .bind("127.0.0.1:0")
    ///     .accept(mario::Accept::PerWorker)
    ///     .private_descriptors()
    ///     .start()?;
    /// # server.shutdown()
    /// # }
    /// # #[cfg(not(target_os = "linux"))] fn main() {}
    /// ```
    pub fn private_descriptors(mut self) -> Self {
        self.private_descriptors = true;
        self
    }

    /// How many connections each worker has slots for: 1 to 4,194,304, by default 16,384. Their memory is reserved
    /// at the start and is resident only as it is used. When all slots are taken, further connections are closed at
    /// once and counted as [refused](crate::Stats::refused).
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// How many connections may wait to be accepted: at least 1, by default 4,096. The system may set a lower limit
    /// (on Linux `net.core.somaxconn`).
    pub fn backlog(mut self, backlog: u32) -> Self {
        self.backlog = backlog;
        self
    }

    /// The token that begins each frame; by default `0xffffffff`.
    pub fn stx(mut self, stx: impl Into<Stx>) -> Self {
        self.stx = stx.into();
        self
    }

    /// The longest frame that is taken, in bytes with its header: 8 to 65,535, by default 1,500. A longer one closes
    /// the connection. What the server sends is not limited by it.
    pub fn max_packet(mut self, bytes: u16) -> Self {
        self.max_packet = bytes;
        self
    }

    /// A command that the server answers by itself: with the same command and payload. It keeps a connection from
    /// timing out, as any frame does. No handler may take its id.
    pub fn heartbeat(mut self, command: u16) -> Self {
        self.heartbeat = Some(command);
        self
    }

    /// How long a peer may send no whole frame before it is [timed out](crate::Reason::TimedOut): 1 ms to 12 days, by
    /// default 300 s; `None` for ever. It comes late by at most an eighth of the shorter of the two timeouts, and half a
    /// second.
    pub fn read_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.read_timeout = timeout.into();
        self
    }

    /// How long a peer may take nothing of what is sent to it before it is [timed out](crate::Reason::TimedOut):
    /// 1 ms to 12 days, by default 30 s. Of much, less than 2 KiB in all that time is as good as nothing.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.write_timeout = timeout;
        self
    }

    /// Lets the connections go one after another when the server shuts down, evenly over this time: 1 ms to 12 days;
    /// by default all are closed at once. So they don't come back all at once either, here or elsewhere.
    ///
    /// In its turn each is told by [`Service::draining`], which may give it some time yet. Until it is closed, its
    /// requests are served. A second [`shutdown`](crate::ServerHandle::shutdown), or signal, ends the drain at once.
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

    /// How often each worker calls [`Service::tick`]: 1 ms to 12 days; by default never.
    pub fn tick(mut self, period: Duration) -> Self {
        self.tick = Some(period);
        self
    }

    /// Takes the time of each handler: [`CommandMetrics::times`](crate::CommandMetrics::times). Off by default, as looking
    /// at the clock twice costs a request some 50 ns.
    pub fn time_commands(mut self) -> Self {
        self.time_commands = true;
        self
    }

    /// Listens for operators, with `curl`, `nc` or Prometheus: `/` is an overview, `/metrics` the same for Prometheus,
    /// `/commands` what the service can be asked, `/slowest` the connections for which most waits. Only on this machine, as
    /// nobody is asked who they are. [`Server::admin_addr`](crate::Server::admin_addr) tells which port 0 became.
    ///
    /// ```
    /// # use mario::Server;
    /// # struct Gateway;
    /// # impl mario::Service for Gateway { type Session = (); type Worker = (); }
    /// # fn main() -> mario::Result<()> {
    /// let server = Server::builder(Gateway, mario::commands![])
    ///     .bind("127.0.0.1:0")
    ///     .admin(([127, 0, 0, 1], 0))
    ///     .start()?;
    /// println!("curl http://{}/metrics", server.admin_addr().expect("there is one"));
    /// # server.shutdown()
    /// # }
    /// ```
    pub fn admin(mut self, address: impl Into<SocketAddr>) -> Self {
        self.admin = Some(address.into());
        self
    }

    /// How many timers a worker has for [`Conn::after`](crate::Conn::after), [`Worker::after`](crate::Worker::after) and
    /// [`Worker::every`](crate::Worker::every): 0 to 2³¹; by default one for each connection, and 64. Memory becomes
    /// resident as they are first used, about 60 bytes each.
    pub fn timers(mut self, timers: usize) -> Self {
        self.timers = Some(timers);
        self
    }

    /// How many pushes may wait for each worker: 1 to 1,048,576; by default 4,096. A message to many connections counts
    /// as one. Where so many wait, further ones are refused with [`PushError::Full`](crate::PushError::Full). The
    /// memory is taken at the start, some 70 bytes for each.
    pub fn mailbox(mut self, pushes: usize) -> Self {
        self.mailbox = pushes;
        self
    }

    /// In how many groups the connections of a worker may be, all together: 0 to 2³¹; by default four for each slot. A
    /// connection that is in three groups counts three times. Memory becomes resident as they are first used, about 24
    /// bytes each.
    pub fn memberships(mut self, memberships: usize) -> Self {
        self.memberships = Some(memberships);
        self
    }

    /// How many answers each worker may owe at a time, to requests of commands that answer later by a
    /// [`Reply`](crate::Reply): 1 to 1,048,576; by default 4,096. Where so many are owed, a connection that sends one more
    /// such request is closed with [`Reason::Overflow`](crate::Reason::Overflow). The memory is taken at the start, some
    /// 40 bytes for each.
    pub fn deferred(mut self, answers: usize) -> Self {
        self.deferred = answers;
        self
    }

    /// When a peer reads slowly: above `high` bytes of unsent output its requests wait in the kernel, until there
    /// are no more than `low`. By default 16 KiB and 64 KiB.
    pub fn water_marks(mut self, low: usize, high: usize) -> Self {
        (self.marks.low_water, self.marks.high_water) = (low, high);
        self
    }

    /// How much output may wait for one connection, in bytes: beyond it is closed with
    /// [`Reason::Overflow`](crate::Reason::Overflow). By default 1 MiB; at least 80 KiB above the high-water mark, as a
    /// request that is taken just below that mark is still answered.
    pub fn output_limit(mut self, bytes: usize) -> Self {
        self.marks.limit = bytes;
        self
    }

    /// How much output may wait for all connections of a worker, in bytes; by default 64 MiB. A connection that
    /// finds no room is closed with [`Reason::Overflow`](crate::Reason::Overflow).
    pub fn output_pool(mut self, bytes: usize) -> Self {
        self.output_pool = bytes;
        self
    }

    /// How much incomplete input a worker keeps for all its connections, in bytes; by default 2 KiB a connection, and
    /// at least 1 MiB. A connection that finds no room is closed with
    /// [`Reason::Overflow`](crate::Reason::Overflow).
    pub fn input_pool(mut self, bytes: usize) -> Self {
        self.input_pool = Some(bytes);
        self
    }

    /// Makes SIGINT and SIGTERM [shut the server down](crate::ServerHandle::shutdown), from the moment it listens.
    /// They are taken for the whole process, and stay taken after the server has ended.
    pub fn stop_on_signals(mut self) -> Self {
        self.signals = true;
        self
    }

    /// Works with systemd, if that has started the process:
    ///
    /// - The server takes the listening socket that systemd passes (`LISTEN_FDS`), rather than to [`bind`](Builder::bind)
    ///   one. While the service is restarted, connections wait in it, and none is refused. It takes one; with
    ///   [`Accept::PerWorker`] up to as many as there are workers, who share them.
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
    /// - If a server is there, this one takes its listening sockets, whatever [`bind`](Builder::bind) says. As soon as
    ///   this one serves, the other [shuts down](crate::ServerHandle::shutdown), and [drains](Builder::drain). If this
    ///   one can't be started, the other goes on.
    /// - If none is there, this one binds as ever.
    ///
    /// With [`Accept::PerWorker`] there is a socket for each worker, and none can be left out, as connections may wait in
    /// it: the new server has at least as many workers as the old one.
    ///
    /// Only the user who runs the server can reach the socket; let nobody else write to the folder.
    pub fn hand_over(mut self, path: impl Into<PathBuf>) -> Self {
        self.hand_over = Some(path.into());
        self
    }

    pub(crate) fn admin_address(&self) -> Option<SocketAddr> {
        self.admin
    }

    pub(crate) fn socket_options(&self) -> Result<SocketOptions> {
        self.deadlines.sockets()
    }

    pub(crate) fn patience(&self) -> Result<Patience> {
        self.supervision.check()
    }

    pub(crate) fn hands_over(&self) -> Option<&Path> {
        self.hand_over.as_deref()
    }

    pub(crate) fn works_with_systemd(&self) -> bool {
        self.systemd
    }

    pub(crate) fn stops_on_signals(&self) -> bool {
        self.signals
    }

    pub(crate) fn token(&self) -> u32 {
        self.stx.0
    }

    pub(crate) fn descriptions(&self) -> Vec<CommandDescription> {
        self.commands.iter().map(Entry::description).collect()
    }

    /// The addresses to try, in order.
    pub(crate) fn addresses(&mut self) -> Result<Vec<SocketAddr>> {
        std::mem::replace(&mut self.addresses, Err(Error::NoAddress))
    }

    pub(crate) fn listen_backlog(&self) -> Result<u32> {
        if self.backlog == 0 { Err(Error::Backlog) } else { Ok(self.backlog) }
    }

    pub(crate) fn accept_mode(&self) -> Result<Accept> {
        match self.accept {
            Accept::PerWorker if !HAS_PRIVATE_TABLES => {
                Err(Error::NeedsLinux { what: "`Accept::PerWorker`" })
            }
            Accept::Master if self.private_descriptors => Err(Error::PrivateDescriptors),
            accept => Ok(accept),
        }
    }

    /// What the workers need to know, checked.
    pub(crate) fn orders(&self) -> Result<Orders<S>> {
        let admission = Arc::new(self.admission.check()?);
        Ok(Orders {
            commands: self.commands,
            plan: self.plan(&admission)?,
            admission,
            workers: self.worker_count()?,
            private_descriptors: self.private_descriptors,
        })
    }

    fn worker_count(&self) -> Result<usize> {
        let workers = self
            .workers
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |cores| cores.get()));
        if (1..=ConnId::MAX_WORKERS).contains(&workers) { Ok(workers) } else { Err(Error::Workers(workers)) }
    }

    fn plan(&self, admission: &Admission) -> Result<Plan> {
        if !(1..=ConnId::MAX_SLOTS).contains(&self.connections) {
            return Err(Error::Connections(self.connections));
        }
        if usize::from(self.max_packet) < mario_proto::HEADER_LEN {
            return Err(Error::MaxPacket(self.max_packet));
        }
        let timeouts = [
            ("read timeout", self.read_timeout),
            ("write timeout", Some(self.write_timeout)),
            ("shutdown timeout", Some(self.shutdown_timeout)),
            ("drain", self.drain),
            ("tick", self.tick),
        ];
        for (name, value) in timeouts {
            if let Some(value) = value {
                checked_timeout(name, value)?;
            }
        }
        Ok(Plan {
            connections: self.connections,
            read_timeout: self.read_timeout,
            write_timeout: self.write_timeout,
            greeting: self.admission.greeting()?,
            patience: self.deadlines.patience(&self.commands)?,
            shutdown_timeout: self.shutdown_timeout,
            drain: self.drain,
            tick: self.tick,
            time_commands: self.time_commands,
            timers: self.timer_count()?,
            mailbox: self.mailbox_room()?,
            memberships: self.membership_count()?,
            deferred: self.deferred_count()?,
            rules: self.rules(admission)?,
        })
    }

    fn mailbox_room(&self) -> Result<usize> {
        if (1..=MOST_LETTERS).contains(&self.mailbox) {
            Ok(self.mailbox)
        } else {
            Err(Error::Mailbox(self.mailbox))
        }
    }

    fn deferred_count(&self) -> Result<usize> {
        if (1..=MOST_LETTERS).contains(&self.deferred) {
            Ok(self.deferred)
        } else {
            Err(Error::Deferred(self.deferred))
        }
    }

    fn membership_count(&self) -> Result<usize> {
        let memberships = self.memberships.unwrap_or(self.connections.saturating_mul(4));
        if memberships <= MOST_MEMBERSHIPS { Ok(memberships) } else { Err(Error::Memberships(memberships)) }
    }

    fn timer_count(&self) -> Result<usize> {
        let timers = self.timers.unwrap_or(self.connections + 64);
        if timers <= MOST_TIMERS { Ok(timers) } else { Err(Error::Timers(timers)) }
    }

    fn rules(&self, admission: &Admission) -> Result<Rules> {
        let Marks { low_water, high_water, limit } = self.marks;
        if !(low_water <= high_water && high_water + Outbox::CAPACITY <= limit && limit <= self.output_pool) {
            return Err(Error::Marks { low: low_water, high: high_water, limit, pool: self.output_pool });
        }
        if let Some(id) = self.heartbeat {
            let why = if mario_proto::is_reserved(id) {
                Some("it is reserved; take one below 0xfffc")
            } else {
                self.commands.get(id).map(|_| "a handler takes it; take another id or remove the handler")
            };
            if let Some(why) = why {
                return Err(Error::Heartbeat { id, why });
            }
        }
        Ok(Rules {
            stx: self.stx.0,
            max_packet: self.max_packet,
            heartbeat: self.heartbeat,
            marks: self.marks,
            input_pool: self.input_pool.unwrap_or((self.connections * SEGMENT).max(LEAST_INPUT_POOL)),
            output_pool: self.output_pool,
            slots: self.connections,
            census: admission.census.clone(),
            limits: self.throttle.check(self.max_packet)?,
        })
    }
}

/// A time that the deadlines can be set to.
fn checked_timeout(name: &'static str, value: Duration) -> Result<()> {
    let is_in_range = (Duration::from_millis(1)..=crate::deadlines::LONGEST).contains(&value);
    if is_in_range { Ok(()) } else { Err(Error::Timeout { name, value }) }
}

impl<S: Service> fmt::Debug for Builder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("commands", &self.commands)
            .field("addresses", &self.addresses)
            .field("workers", &self.workers)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}
