//! Limits of the system, raised as far as this process may, and named where it may not.

use std::fmt;
use std::net::SocketAddr;

use anyhow::{Context, bail};
use indicatif::{HumanBytes, HumanCount};
use nix::sched::{CloneFlags, unshare};
use procfs::{Current, Meminfo};
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::load::sources;

/// Descriptors that a process here has open beside its connections, at most.
pub(crate) const BESIDE: u64 = 128;

/// Bytes that the kernel takes for one end of an idle connection, rounded up.
const AN_END: u64 = 4352;

/// What a load needs of the system, and what there is of it.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    what: &'static str,
    needed: u64,
    /// Nothing if the system does not tell: then it is not in the way.
    found: Option<u64>,
    write: fn(u64) -> String,
    remedy: String,
}

impl Need {
    /// Open descriptors of one table.
    ///
    /// # Errors
    /// The limit can't be read or raised.
    pub(crate) fn descriptors(connections: u64, remedy: &str) -> anyhow::Result<Need> {
        raise_descriptors()?;
        let needed = connections + BESIDE;
        Ok(Need {
            what: "open descriptors",
            needed,
            found: getrlimit(Resource::Nofile).current,
            write: count,
            remedy: format!(
                "raise the hard limit (`ulimit -Hn {needed}` as root, or LimitNOFILE={needed} of its service), {remedy}"
            ),
        })
    }

    /// Open descriptors of the whole machine: those of the server too, if it is on it.
    pub(crate) fn files(connections: u64, server: SocketAddr) -> Need {
        let needed = connections * ends(server) + 10_000;
        let remedy = format!("`sysctl -w fs.file-max={needed}`");
        Need { what: "open files of the system", needed, found: number("fs/file-max"), write: count, remedy }
    }

    /// Ports of so many threads' source addresses.
    pub(crate) fn ports(connections: u64, server: SocketAddr, threads: usize) -> Need {
        let range = text("net/ipv4/ip_local_port_range").and_then(|text| {
            let mut numbers = text.split_whitespace().map_while(|number| number.parse::<u64>().ok());
            let (first, last) = numbers.next().zip(numbers.next())?;
            Some(last.saturating_sub(first) + 1)
        });
        let addresses =
            if sources::are_many(server) { sources::A_THREAD * threads.min(sources::THREADS) } else { 1 };
        Need {
            what: "ports for connections",
            needed: connections,
            found: range.map(|range| range * addresses as u64),
            write: count,
            remedy: "`sysctl -w net.ipv4.ip_local_port_range='1024 65535'`, or ask for fewer connections"
                .into(),
        }
    }

    /// Memory of the kernel, and so much of the server's.
    pub(crate) fn memory(connections: u64, server: SocketAddr) -> Need {
        let needed = connections * AN_END * ends(server);
        let found = Meminfo::current().ok().and_then(|memory| memory.mem_available);
        let remedy = match found {
            Some(found) => format!(
                "end other programs, or ask for at most {} connections",
                HumanCount(found / (AN_END * ends(server)))
            ),
            None => String::new(),
        };
        Need {
            what: "memory for the kernel's sockets",
            needed,
            found,
            write: |bytes| HumanBytes(bytes).to_string(),
            remedy,
        }
    }

    /// Connections that wait for being accepted.
    pub(crate) fn backlog(needed: u64) -> Need {
        let remedy = format!("`sysctl -w net.core.somaxconn={needed}`");
        let found = number("net/core/somaxconn");
        Need { what: "connections that wait to be accepted", needed, found, write: count, remedy }
    }

    /// Whether there is enough.
    pub(crate) fn is_met(&self) -> bool {
        self.found.is_none_or(|found| found >= self.needed)
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} needed, ", self.what, (self.write)(self.needed))?;
        match self.found {
            Some(found) => write!(f, "{} there", (self.write)(found)),
            None => write!(f, "how many there are is not known"),
        }
    }
}

/// Refuses what can't be done here.
///
/// # Errors
/// Something is missing; the text says all that is, and what to set.
pub(crate) fn check(connections: usize, needs: &[Need]) -> anyhow::Result<()> {
    let missing: Vec<String> =
        needs.iter().filter(|need| !need.is_met()).map(|need| format!("  {need}: {}", need.remedy)).collect();
    if !missing.is_empty() {
        bail!(
            "{} connections need more than there is\n{}",
            HumanCount(connections as u64),
            missing.join("\n")
        );
    }
    Ok(())
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

/// How many connections one descriptor table holds.
///
/// # Errors
/// The limit can't be raised.
pub(crate) fn a_table() -> anyhow::Result<u64> {
    raise_descriptors()?;
    Ok(getrlimit(Resource::Nofile).current.map_or(u64::MAX, |limit| limit.saturating_sub(BESIDE).max(1)))
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

/// Makes room for so many connections of this process.
///
/// # Errors
/// The hard limit is lower; the text says what to set.
pub(crate) fn need_connections(count: usize) -> anyhow::Result<()> {
    check(count, &[Need::descriptors(count as u64, "or ask for fewer connections")?])
}

/// How many ends of a connection are on this machine.
fn ends(server: SocketAddr) -> u64 {
    if server.ip().is_loopback() { 2 } else { 1 }
}

fn count(number: u64) -> String {
    HumanCount(number).to_string()
}

/// A setting of the kernel.
fn text(name: &str) -> Option<String> {
    std::fs::read_to_string(format!("/proc/sys/{name}")).ok()
}

fn number(name: &str) -> Option<u64> {
    text(name)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(needed: u64, found: Option<u64>) -> Need {
        Need { what: "things", needed, found, write: count, remedy: "get more".into() }
    }

    #[test]
    fn all_that_is_missing_is_said_at_once() {
        let needs = [need(1, Some(1)), need(20_000, Some(5)), need(3, None), need(7, Some(6))];
        let text = check(9, &needs).unwrap_err().to_string();
        assert_eq!(
            text,
            "9 connections need more than there is\n  things: 20,000 needed, 5 there: get more\n  \
             things: 7 needed, 6 there: get more"
        );
    }

    #[test]
    fn what_a_few_connections_need_is_there() {
        let server = "127.0.0.1:1".parse().unwrap();
        for need in [Need::files(1, server), Need::ports(1, server, 1), Need::memory(1, server)] {
            assert!(need.is_met(), "{need}");
        }
        assert!(!Need::ports(1_000_000, "192.0.2.1:1".parse().unwrap(), 8).is_met());
    }
}
