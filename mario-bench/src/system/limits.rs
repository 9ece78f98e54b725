//! Limits of the system, raised as far as this process may, and named where it may not.

mod need;

use std::net::SocketAddr;

use anyhow::{Context, bail};
use indicatif::HumanCount;
use nix::sched::{CloneFlags, unshare};
use rustix::process::{Resource, getrlimit, setrlimit};

pub(crate) use self::need::Need;

/// Descriptors that a process here has open beside its connections, and beside one for each worker, at most.
pub(crate) const BESIDE: u64 = 128;

/// Refuses what can't be done here.
///
/// # Errors
/// Something is missing; the text says all that is, and what to set.
pub(crate) fn check(connections: usize, needs: &[Need]) -> anyhow::Result<()> {
    let missing: Vec<String> = needs
        .iter()
        .filter(|need| !need.is_met())
        .map(|need| format!("  {need}: {}", need.remedy()))
        .collect();
    if !missing.is_empty() {
        bail!(
            "{} connections need more than there is\n{}",
            HumanCount(connections as u64),
            missing.join("\n")
        );
    }
    Ok(())
}

/// Makes room for so many connections of this process to `server`, in one descriptor table, from so many source addresses.
///
/// # Errors
/// Something is missing; the text says all that is, and what to set.
pub(crate) fn need_connections(count: usize, server: SocketAddr, sources: usize) -> anyhow::Result<()> {
    let in_a_table = Need::descriptors(count as u64, 0, "or ask for fewer connections")?;
    check(count, &[&[in_a_table][..], &of_the_machine(count, server, sources)].concat())
}

/// What so many connections to `server` need beside descriptors of a process.
pub(crate) fn of_the_machine(count: usize, server: SocketAddr, sources: usize) -> [Need; 4] {
    let connections = count as u64;
    [
        Need::memory(connections, server),
        Need::files(connections, server),
        Need::watches(connections, server),
        Need::ports(connections, sources),
    ]
}

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

/// How many connections one descriptor table holds of a process with so many workers.
///
/// # Errors
/// The limit can't be raised.
pub(crate) fn a_table(workers: usize) -> anyhow::Result<u64> {
    let beside = BESIDE + workers as u64;
    Ok(the_limit()?.map_or(u64::MAX, |limit| limit.saturating_sub(beside).max(1)))
}

/// How many descriptors one table holds; nothing if there is no limit.
fn the_limit() -> anyhow::Result<Option<u64>> {
    raise_descriptors()?;
    Ok(getrlimit(Resource::Nofile).current)
}

/// Gives the calling thread a descriptor table of its own.
///
/// # Errors
/// The system says no.
pub(crate) fn separate_descriptors() -> anyhow::Result<()> {
    unshare(CloneFlags::CLONE_FILES).context(
        "giving a thread a descriptor table of its own: where the system forbids `unshare`, as some \
         containers do, ask for fewer connections",
    )
}
