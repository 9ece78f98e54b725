//! SIGINT and SIGTERM shut a server down.

use std::io;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, iterator};

use crate::error::Result;
use crate::server::handle::ServerHandle;
use crate::threads::{self, system};

const SIGNALS: [i32; 2] = [SIGINT, SIGTERM];

/// The signals, taken from the system: from now on they do not end the process. Dropped before they are watched, they do
/// again.
pub(crate) struct Signals {
    signals: iterator::Signals,
    hold: Hold,
}

/// The thread that waits for them.
#[derive(Debug)]
pub(crate) struct Watch {
    signals: iterator::Handle,
    thread: JoinHandle<()>,
}

impl Signals {
    pub(crate) fn take() -> Result<Self> {
        let taken =
            Hold::take().and_then(|hold| Ok(Signals { signals: iterator::Signals::new(SIGNALS)?, hold }));
        taken.map_err(system("watch for signals"))
    }

    /// The first of them shuts `server` down; one that comes while it ends cuts its drain short.
    pub(crate) fn watch(self, server: ServerHandle) -> Result<Watch> {
        let Signals { mut signals, hold } = self;
        let handle = signals.handle();
        let thread = threads::spawn("mario-signals", move || {
            for signal in signals.forever() {
                if server.0.is_shutting_down() {
                    log::info!("signal {signal}: shutting down at once");
                    server.shutdown_now();
                } else {
                    log::info!("signal {signal}: shutting down");
                    server.shutdown();
                }
            }
        })?;
        hold.keep();
        Ok(Watch { signals: handle, thread })
    }
}

impl Watch {
    pub(crate) fn end(self) -> Result<()> {
        self.signals.close();
        threads::join(self.thread)
    }
}

/// One who wants the signals not to end the process. The system's handlers can't be put back, so that without any holder
/// ours do what the system does by default.
struct Hold;

/// How many holders there are, once there was one.
static HOLDERS: Mutex<Option<usize>> = Mutex::new(None);

/// There is no holder any more.
static UNHELD: AtomicBool = AtomicBool::new(false);

impl Hold {
    fn take() -> io::Result<Hold> {
        let mut holders = HOLDERS.lock().unwrap_or_else(PoisonError::into_inner);
        if holders.is_none() {
            for signal in SIGNALS {
                flag::register_conditional_default(signal, &UNHELD)?;
            }
        }
        *holders = Some(holders.unwrap_or(0) + 1);
        UNHELD.store(false, Ordering::SeqCst);
        Ok(Hold)
    }

    /// For as long as the process runs.
    fn keep(self) {
        mem::forget(self);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut holders = HOLDERS.lock().unwrap_or_else(PoisonError::into_inner);
        *holders = holders.map(|count| count - 1);
        UNHELD.store(*holders == Some(0), Ordering::SeqCst);
    }
}
