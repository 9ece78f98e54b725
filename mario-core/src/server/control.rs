//! The parts of a server that all of its threads see.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::mail::connections::Connections;
use crate::server::crew::SystemMailbox;
use crate::server::systemd::Announcer;
use crate::service::dispatch::CommandDescription;
use crate::stats::Door;

/// The parts of a server that all threads see.
pub(crate) struct Control {
    pub(crate) local_addr: SocketAddr,
    pub(crate) commands: Vec<CommandDescription>,
    /// One for each who accepts.
    pub(crate) doors: Vec<Arc<Door>>,
    pub(crate) mailboxes: Vec<Arc<SystemMailbox>>,
    pub(crate) connections: Connections,
    pub(crate) master: Option<ThreadStop>,
    /// Who waits for a successor.
    pub(crate) office: Option<Arc<ThreadStop>>,
    pub(crate) is_shutting_down: AtomicBool,
    pub(crate) announcer: Announcer,
}

impl Control {
    /// Ends accepting, and lets the connections go, or closes them if there is no drain. Does nothing the second time.
    pub(crate) fn begin_shutdown(&self) {
        self.is_shutting_down.store(true, Ordering::Relaxed);
        self.announcer.stopping();
        match &self.master {
            // It tells the workers, after the last connection that it deals.
            Some(master) => master.stop(),
            None => self.mailboxes.iter().for_each(|mailbox| mailbox.drain()),
        }
        if let Some(office) = &self.office {
            office.stop();
        }
    }

    /// Ends accepting, and closes the connections, amid a drain too.
    pub(crate) fn end_now(&self) {
        self.begin_shutdown();
        for mailbox in &self.mailboxes {
            mailbox.stop();
        }
    }

    pub(crate) fn is_shutting_down(&self) -> bool {
        self.is_shutting_down.load(Ordering::Relaxed)
    }
}

/// What ends a thread that waits for sockets.
pub(crate) struct ThreadStop {
    pub(crate) flag: Arc<AtomicBool>,
    waker: mio::Waker,
}

impl ThreadStop {
    /// The end of a thread that `waker` wakes.
    pub(crate) fn new(waker: mio::Waker) -> Self {
        ThreadStop { flag: Arc::default(), waker }
    }

    pub(crate) fn stop(&self) {
        self.flag.store(true, Ordering::Release);
        if let Err(error) = self.waker.wake() {
            log::error!("a thread can't be woken to end: {error}");
        }
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("local_addr", &self.local_addr).finish_non_exhaustive()
    }
}
