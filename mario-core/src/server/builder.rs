//! The user's door: the settings of a server.

mod admission;
mod deadlines;
mod orders;
mod process;
mod room;
mod sockets;
mod supervision;
mod throttle;

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::link::outbox::{Keeping, Marks};
use crate::net::system::{HAS_PRIVATE_TABLES, SocketOptions};
use crate::server::accept::Accept;
use crate::server::memory::Memory;
use crate::server::watchdog::Patience;
use crate::service::Service;
use crate::service::dispatch::{CommandDescription, Commands, Entry};
use crate::stx::Stx;
use admission::AdmissionSettings;
use deadlines::DeadlineSettings;
use supervision::SupervisionSettings;
use throttle::ThrottleSettings;

/// The settings of a [`Server`](crate::Server), each with a default but the address.
///
/// What is out of range is an [`Error`] of [`start`](Builder::start) and [`run`](Builder::run) that says what to do. What
/// can be off, or is worked out from other things by default, takes an `Option` too, as it may come from a file of settings:
/// `None` is that.
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
    keeping: Keeping,
    admission: AdmissionSettings,
    supervision: SupervisionSettings,
    throttle: ThrottleSettings,
    deadlines: DeadlineSettings,
    sockets: SocketOptions,
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
            keeping: Keeping { each: 64, bytes: 16 << 20 },
            admission: AdmissionSettings::default(),
            supervision: SupervisionSettings::default(),
            throttle: ThrottleSettings::default(),
            deadlines: DeadlineSettings::default(),
            sockets: sockets::DEFAULT,
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
    pub fn workers(mut self, workers: impl Into<Option<usize>>) -> Self {
        self.workers = workers.into();
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
    /// once and counted as [refused](crate::metrics::Stats::refused).
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
    pub fn heartbeat(mut self, command: impl Into<Option<u16>>) -> Self {
        self.heartbeat = command.into();
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

    /// How often each worker calls [`Service::tick`]: 1 ms to 12 days; by default never.
    pub fn tick(mut self, period: impl Into<Option<Duration>>) -> Self {
        self.tick = period.into();
        self
    }

    /// Takes the time of each handler: [`CommandMetrics::times`](crate::metrics::CommandMetrics::times). Off by default, as looking
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

    /// How much memory the server would take with these settings: at the start, and at most, whatever its clients do.
    ///
    /// # Errors
    /// A setting that is out of range, as at the [`start`](Builder::start).
    pub fn memory(&self) -> Result<Memory> {
        Ok(Memory::of(&self.orders()?, self.accept_mode()?))
    }

    pub(crate) fn admin_address(&self) -> Option<SocketAddr> {
        self.admin
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
}

/// A time that the deadlines can be set to.
fn checked_timeout(name: &'static str, value: Duration) -> Result<()> {
    let is_in_range = (Duration::from_millis(1)..=crate::parts::deadlines::LONGEST).contains(&value);
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
