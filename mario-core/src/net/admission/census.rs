//! How many connections each address has.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ipnet::IpNet;

use crate::extent;

/// The count is divided by address, so that those who accept seldom wait for each other.
const PARTS: usize = 64;

/// How many connections those of one address, or prefix, may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Crowd {
    pub(crate) most: u32,
    /// The lengths of the prefixes that count as one.
    pub(crate) ipv4: u8,
    pub(crate) ipv6: u8,
}

/// How many connections each address has, of all workers. As an entry is there only as long as a connection, there are no
/// more of them than slots.
#[derive(Debug)]
pub(crate) struct Census {
    crowd: Crowd,
    hasher: RandomState,
    parts: Box<[Mutex<HashMap<IpAddr, u32>>]>,
}

/// A connection that is counted, until this is dropped.
#[derive(Debug)]
pub(crate) struct Ticket {
    census: Arc<Census>,
    home: IpAddr,
}

impl Census {
    pub(crate) fn new(crowd: Crowd) -> Census {
        Census { crowd, hasher: RandomState::new(), parts: (0..PARTS).map(|_| Mutex::default()).collect() }
    }

    /// What so many connections take at most, each of an address of its own. Chance may give a part twice its share, and
    /// as good as never more.
    pub(crate) fn bytes(connections: usize) -> usize {
        PARTS * extent::map::<IpAddr, u32>(2 * connections.div_ceil(PARTS) + 64)
    }

    /// Counts a connection of this peer; `None` if there are as many as may be.
    pub(crate) fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<Ticket> {
        let home = self.home(peer);
        let mut part = self.part(home);
        let count = part.entry(home).or_insert(0);
        if *count >= self.crowd.most {
            return None;
        }
        *count += 1;
        Some(Ticket { census: Arc::clone(self), home })
    }

    /// How many addresses have connections.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(|part| part.lock().unwrap().len()).sum()
    }

    /// What counts as one with `peer`: its prefix.
    fn home(&self, peer: IpAddr) -> IpAddr {
        let peer = peer.to_canonical();
        let length = if peer.is_ipv4() { self.crowd.ipv4 } else { self.crowd.ipv6 };
        IpNet::new(peer, length).map_or(peer, |prefix| prefix.network())
    }

    fn part(&self, home: IpAddr) -> MutexGuard<'_, HashMap<IpAddr, u32>> {
        let part = self.hasher.hash_one(home) as usize % PARTS;
        // Nothing is done under the lock that could panic half-way.
        self.parts[part].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut part = self.census.part(self.home);
        if let Entry::Occupied(mut count) = part.entry(self.home) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use proptest::prelude::*;

    use super::*;

    fn census(most: u32, ipv4: u8, ipv6: u8) -> Arc<Census> {
        Arc::new(Census::new(Crowd { most, ipv4, ipv6 }))
    }

    fn enter(census: &Arc<Census>, peer: &str) -> Option<Ticket> {
        census.enter(peer.parse().unwrap())
    }

    #[test]
    fn each_address_has_its_own_count() {
        let census = census(2, 32, 64);
        let first = [enter(&census, "192.0.2.1"), enter(&census, "192.0.2.1"), enter(&census, "192.0.2.2")];
        assert!(first.iter().all(Option::is_some));
        assert!(enter(&census, "192.0.2.1").is_none());
        assert!(enter(&census, "::ffff:192.0.2.1").is_none(), "it is the same one");
        drop(first);
        assert_eq!(census.len(), 0);
        assert!(enter(&census, "192.0.2.1").is_some());
    }

    #[test]
    fn a_prefix_counts_as_one() {
        let census = census(1, 24, 56);
        let _held = [enter(&census, "192.0.2.1"), enter(&census, "2001:db8:0:1::1")];
        for same in ["192.0.2.255", "2001:db8:0:ff::9"] {
            assert!(enter(&census, same).is_none(), "{same}");
        }
        for other in ["192.0.3.1", "2001:db8:0:100::1"] {
            assert!(enter(&census, other).is_some(), "{other}");
        }
    }

    #[test]
    fn threads_count_together() {
        let census = census(100, 32, 64);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for round in 0..2000 {
                        let held: Vec<_> = (0..40).map(|_| enter(&census, "192.0.2.1")).collect();
                        assert!(round > 0 || held.iter().any(Option::is_some));
                    }
                });
            }
        });
        assert_eq!(census.len(), 0);
        let all: Vec<_> = (0..200).filter_map(|_| enter(&census, "192.0.2.1")).collect();
        assert_eq!(all.len(), 100);
    }

    proptest! {
        #[test]
        fn counts_as_the_model(most in 1..4u32, steps in prop::collection::vec((any::<bool>(), 0..6u8, any::<prop::sample::Index>()), 0..200)) {
            let census = census(most, 31, 64);
            let mut held: Vec<(u8, Ticket)> = Vec::new();
            for (enters, host, pick) in steps {
                if enters {
                    let together = held.iter().filter(|(other, _)| other / 2 == host / 2).count();
                    let ticket = census.enter([10, 0, 0, host].into());
                    prop_assert_eq!(ticket.is_some(), together < most as usize);
                    held.extend(ticket.map(|ticket| (host, ticket)));
                } else if !held.is_empty() {
                    held.swap_remove(pick.index(held.len()));
                }
                let homes: std::collections::BTreeSet<u8> = held.iter().map(|(host, _)| host / 2).collect();
                prop_assert_eq!(census.len(), homes.len());
            }
            held.clear();
            prop_assert_eq!(census.len(), 0);
        }
    }
}
