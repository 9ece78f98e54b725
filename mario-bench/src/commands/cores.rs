//! Cores for a server and others for its load, so that neither takes time from the other.

use anyhow::Context;

use crate::system::cpus::Cpus;

/// Arguments of commands that start their own server.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct Cores {
    /// The cores of servers, as 0,2-3, a worker on each; by default the first half.
    #[arg(long)]
    server_cpus: Option<Cpus>,
    /// The cores of loads; by default the second half.
    #[arg(long)]
    client_cpus: Option<Cpus>,
}

/// What was chosen.
pub(super) struct Chosen {
    pub(super) server: Cpus,
    pub(super) client: Cpus,
    /// All that this process might run on.
    pub(super) all: Cpus,
}

impl Cores {
    /// Keeps this process on its own, and tells which are the server's.
    ///
    /// # Errors
    /// The machine has none of them, or does not let this process use them.
    pub(super) fn take(&self) -> anyhow::Result<Chosen> {
        let all = Cpus::available()?;
        let (first, second) = all.halves();
        let server = self.server_cpus.clone().unwrap_or(first);
        let client = self.client_cpus.clone().unwrap_or(second);
        client.pin().with_context(|| format!("running the load on cores {client}"))?;
        eprintln!("servers on cores {server}, loads on cores {client}");
        Ok(Chosen { server, client, all })
    }
}
