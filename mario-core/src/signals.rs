//! SIGINT and SIGTERM shut a server down.

use std::thread::JoinHandle;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator;

use crate::error::Result;
use crate::handle::ServerHandle;
use crate::threads::{self, system};

/// The signals, taken from the system: from now on they do not end the process.
pub(crate) struct Signals(iterator::Signals);

/// The thread that waits for them.
#[derive(Debug)]
pub(crate) struct Watch {
    signals: iterator::Handle,
    thread: JoinHandle<()>,
}

impl Signals {
    pub(crate) fn take() -> Result<Self> {
        iterator::Signals::new([SIGINT, SIGTERM]).map(Signals).map_err(system("watch for signals"))
    }

    /// Each of them shuts `server` down.
    pub(crate) fn watch(mut self, server: ServerHandle) -> Result<Watch> {
        let signals = self.0.handle();
        let thread = threads::spawn("mario-signals", move || {
            for signal in self.0.forever() {
                log::info!("signal {signal}: shutting down");
                server.shutdown();
            }
        })?;
        Ok(Watch { signals, thread })
    }
}

impl Watch {
    pub(crate) fn end(self) -> Result<()> {
        self.signals.close();
        threads::join(self.thread)
    }
}
