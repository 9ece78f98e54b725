//! Source addresses: one has only so many ports, and all of 127.0.0.0/8 is this machine.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsFd;

use nix::sys::socket::{setsockopt, sockopt::IpBindAddressNoPort};

/// How many source addresses a thread uses in turn: with as many ports in each as a port range usually has, that is
/// over a million, so a free one is found at the first try, and those that wait after an ordinary close do no harm.
const A_THREAD: usize = 64;

/// Threads that have source addresses of their own, at most.
const THREADS: usize = 1024;

/// The first source address: what is below is left to what others bind.
const FIRST: Ipv4Addr = Ipv4Addr::new(127, 1, 0, 0);

/// The source addresses of one thread, in turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sources {
    first: Option<u32>,
    turn: usize,
}

impl Sources {
    /// Those of a thread for connections to `server`.
    pub(crate) fn new(server: SocketAddr, thread: usize) -> Sources {
        let first = FIRST.to_bits() + (thread % THREADS * A_THREAD) as u32;
        Sources { first: are_many(server).then_some(first), turn: 0 }
    }
}

/// How many source addresses so many threads have together for connections to `server`.
pub(crate) fn of_threads(server: SocketAddr, threads: usize) -> usize {
    if are_many(server) { A_THREAD * threads.min(THREADS) } else { 1 }
}

/// Whether there is more than one source address for connections to `server`.
fn are_many(server: SocketAddr) -> bool {
    matches!(server.ip(), IpAddr::V4(ip) if ip.is_loopback())
}

/// Chooses the source address of a socket now, and leaves the port to `connect`: it knows which ones are free towards the
/// server.
///
/// # Errors
/// The system says no.
pub(crate) fn bind(socket: &impl AsFd, source: Ipv4Addr) -> io::Result<()> {
    setsockopt(socket, IpBindAddressNoPort, &true)?;
    Ok(rustix::net::bind(socket, &SocketAddr::from((source, 0)))?)
}

impl Iterator for Sources {
    type Item = Ipv4Addr;

    /// The next one; none if the choice is the system's, for servers elsewhere.
    fn next(&mut self) -> Option<Ipv4Addr> {
        let turn = self.turn;
        self.turn = (turn + 1) % A_THREAD;
        Some(Ipv4Addr::from_bits(self.first? + turn as u32))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn sources(server: &str, thread: usize) -> Sources {
        Sources::new(server.parse().unwrap(), thread)
    }

    #[test]
    fn each_thread_has_its_own() {
        let all: Vec<_> =
            (0..THREADS).flat_map(|thread| sources("127.0.0.1:1", thread).take(A_THREAD)).collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), THREADS * A_THREAD);
        assert!(all.iter().all(Ipv4Addr::is_loopback));
        assert_eq!(all[0], FIRST);
    }

    #[test]
    fn they_come_again() {
        let mut sources = sources("127.0.0.1:1", 3);
        let first = sources.next();
        assert_eq!(sources.nth(A_THREAD - 1), first);
    }

    #[test]
    fn elsewhere_the_choice_is_the_systems() {
        assert_eq!(sources("192.0.2.1:1", 0).next(), None);
        assert_eq!(sources("[::1]:1", 0).next(), None);
    }
}
