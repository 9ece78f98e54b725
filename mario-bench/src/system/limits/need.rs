//! What a load needs of the system, and what there is of it.

use std::fmt;
use std::net::SocketAddr;

use indicatif::{HumanBytes, HumanCount};
use procfs::{Current, Meminfo};

use super::{BESIDE, the_limit};

/// Bytes that the kernel takes for one end of an idle connection, rounded up.
const AN_END: u64 = 4352;

/// Bytes that mario's server takes for an idle connection, rounded up.
const A_SLOT: u64 = 128;

/// So much of something is needed.
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
    /// Open descriptors of one table, beside those that a process with so many workers has anyway.
    ///
    /// # Errors
    /// The limit can't be read or raised.
    pub(crate) fn descriptors(connections: u64, workers: u64, remedy: &str) -> anyhow::Result<Need> {
        let needed = connections + BESIDE + workers;
        let found = the_limit()?;
        Ok(Need { what: "open descriptors", needed, found, write: count, remedy: raise(needed, remedy) })
    }

    /// Open descriptors of the whole machine: those of the server too, if it is on it.
    pub(crate) fn files(connections: u64, server: SocketAddr) -> Need {
        let needed = connections * ends(server) + 10_000;
        let remedy = format!("`sysctl -w fs.file-max={needed}`");
        Need { what: "open files of the system", needed, found: number("fs/file-max"), write: count, remedy }
    }

    /// Sockets that epoll watches for one user: those of the server too, if it is on this machine.
    pub(crate) fn watches(connections: u64, server: SocketAddr) -> Need {
        let needed = connections * ends(server) + 10_000;
        let remedy = format!("`sysctl -w fs.epoll.max_user_watches={needed}`");
        let found = number("fs/epoll/max_user_watches");
        Need { what: "sockets that epoll may watch for a user", needed, found, write: count, remedy }
    }

    /// Ports of so many source addresses.
    pub(crate) fn ports(connections: u64, sources: usize) -> Need {
        let range = text("net/ipv4/ip_local_port_range").and_then(|text| {
            let mut numbers = text.split_whitespace().map_while(|number| number.parse::<u64>().ok());
            let (first, last) = numbers.next().zip(numbers.next())?;
            Some(last.saturating_sub(first) + 1)
        });
        Need {
            what: "ports for connections",
            needed: connections,
            found: range.map(|range| range * sources as u64),
            write: count,
            remedy: "`sysctl -w net.ipv4.ip_local_port_range='1024 65535'`, or ask for fewer connections"
                .into(),
        }
    }

    /// Memory of the kernel for the ends of connections that are on this machine, and of mario's server if that is.
    pub(crate) fn memory(connections: u64, server: SocketAddr) -> Need {
        let each = match ends(server) {
            1 => AN_END,
            ends => AN_END * ends + A_SLOT,
        };
        let found = Meminfo::current().ok().and_then(|memory| memory.mem_available);
        let remedy = match found {
            Some(found) => {
                format!("end other programs, or ask for at most {} connections", HumanCount(found / each))
            }
            None => String::new(),
        };
        Need {
            what: "memory for connections, most of it the kernel's",
            needed: connections * each,
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

    /// What to do about it.
    pub(crate) fn remedy(&self) -> &str {
        &self.remedy
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

/// How the limit of descriptors is raised, which itself may not be above a setting of the kernel.
fn raise(needed: u64, or: &str) -> String {
    let first = match number("fs/nr_open") {
        Some(most) if most < needed => format!("`sysctl -w fs.nr_open={needed}`, then "),
        _ => String::new(),
    };
    format!(
        "{first}raise the hard limit (`ulimit -Hn {needed}` as root, or LimitNOFILE={needed} of its service), {or}"
    )
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
    use super::super::check;
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
        let needs = [
            Need::files(1, server),
            Need::watches(1, server),
            Need::ports(1, 1),
            Need::memory(1, server),
            Need::descriptors(1, 1, "").unwrap(),
        ];
        for need in needs {
            assert!(need.is_met(), "{need}");
        }
        assert!(!Need::ports(1_000_000, 1).is_met());
    }

    #[test]
    fn a_server_on_this_machine_takes_memory_too() {
        let needed = |server: &str| Need::memory(10, server.parse().unwrap()).needed;
        assert_eq!(needed("127.0.0.1:1"), 10 * (2 * AN_END + A_SLOT));
        assert_eq!(needed("192.0.2.1:1"), 10 * AN_END);
    }

    #[test]
    fn a_table_has_the_bells_of_all_workers_too() {
        let needed = |workers| Need::descriptors(10, workers, "").unwrap().needed;
        assert_eq!(needed(300) - needed(0), 300);
    }

    #[test]
    fn a_limit_above_the_kernels_needs_that_raised_first() {
        let most = number("fs/nr_open").unwrap();
        assert!(raise(most + 1, "").starts_with(&format!("`sysctl -w fs.nr_open={}`, then raise", most + 1)));
        assert!(raise(most, "").starts_with("raise"));
    }
}
