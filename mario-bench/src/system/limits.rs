//! Limits of the system, raised as far as this process may, and named where it may not.

use anyhow::{Context, bail};
use rustix::process::{Resource, getrlimit, setrlimit};

/// Descriptors that a process here has open beside its connections, at most.
const BESIDE: u64 = 128;

/// Raises the limit of open descriptors as far as it goes.
///
/// # Errors
/// The system says no.
pub(crate) fn raise_descriptors() -> anyhow::Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        limit.current = limit.maximum;
        setrlimit(Resource::Nofile, limit).context("raising the limit of open descriptors")?;
    }
    Ok(())
}

/// Makes room for so many connections.
///
/// # Errors
/// The hard limit is lower; the text says what to set.
pub(crate) fn need_connections(count: usize) -> anyhow::Result<()> {
    raise_descriptors()?;
    let needed = count as u64 + BESIDE;
    if let Some(limit) = getrlimit(Resource::Nofile).current
        && limit < needed
    {
        bail!(
            "{count} connections need {needed} open descriptors, and this process may have {limit}: raise the \
             hard limit (`ulimit -Hn {needed}` as root, or LimitNOFILE={needed} of its service), or ask for \
             fewer connections"
        );
    }
    Ok(())
}
