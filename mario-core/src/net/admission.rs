//! Who may connect.

mod census;
mod guests;
mod pace;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

pub(crate) use census::{Census, Crowd, Ticket};
pub(crate) use guests::Guests;
pub(crate) use pace::Pace;

use crate::stats::Door;
use crate::stats::notice::Notice;

/// The rules for connections that come, the same for all who accept.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    /// The only ones who may connect, if the PROXY protocol is spoken.
    pub(crate) proxies: Option<Vec<IpNet>>,
    /// How many connections an address has.
    pub(crate) census: Option<Arc<Census>>,
    /// How fast they come.
    pub(crate) pace: Option<Pace>,
}

impl Admission {
    fn trusts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.proxies.as_ref().is_none_or(|proxies| proxies.iter().any(|proxy| proxy.contains(&peer)))
    }

    /// The count that a connection is in from the begin: those of proxies are, once it is known for whom they are.
    fn census_at_the_door(&self) -> Option<&Arc<Census>> {
        self.census.as_ref().filter(|_| self.proxies.is_none())
    }
}

/// A connection that may come in.
#[derive(Debug)]
pub(crate) struct Arrival<T> {
    pub(crate) stream: T,
    pub(crate) ticket: Option<Ticket>,
}

impl<T> From<T> for Arrival<T> {
    fn from(stream: T) -> Self {
        Arrival { stream, ticket: None }
    }
}

/// Decides for one who accepts, counts who may not come in, and says it now and then.
#[derive(Debug)]
pub(crate) struct Doorkeeper {
    admission: Arc<Admission>,
    door: Arc<Door>,
    /// The last connection may have had to wait for its turn.
    delays: bool,
    untrusted: Notice,
    crowded: Notice,
    hurried: Notice,
}

impl Doorkeeper {
    pub(crate) fn new(admission: Arc<Admission>, door: Arc<Door>) -> Self {
        let [untrusted, crowded, hurried] = Default::default();
        Doorkeeper { admission, door, delays: false, untrusted, crowded, hurried }
    }

    /// How long the next connection has to wait, if it does. If not, it has a turn, which it takes or gives back.
    pub(crate) fn next_turn(&mut self, now: Duration) -> Option<Duration> {
        let wait = self.admission.pace.as_ref()?.next_turn(now);
        self.delays |= wait.is_some();
        wait
    }

    /// There was no connection for the turn.
    pub(crate) fn nobody(&mut self) {
        self.delays = false;
        self.give_back();
    }

    /// Whether a connection may come in, whether or not there is a slot for it.
    pub(crate) fn admit<T>(&mut self, stream: T, peer: SocketAddr, now: Duration) -> Option<Arrival<T>> {
        if std::mem::take(&mut self.delays) {
            self.door.delayed.add(1);
            self.hurried.warn(now, format_args!("more connections come than may: {peer} and others wait"));
        }
        if !self.admission.trusts(peer.ip()) {
            self.give_back();
            self.door.untrusted.add(1);
            self.untrusted.warn(now, format_args!("{peer} is refused: it is no proxy that is trusted"));
            return None;
        }
        let mut ticket = None;
        if let Some(census) = self.admission.census_at_the_door() {
            ticket = census.enter(peer.ip());
            if ticket.is_none() {
                self.give_back();
                self.door.crowded.add(1);
                self.crowded
                    .warn(now, format_args!("{peer} is refused: its address has too many connections"));
                return None;
            }
        }
        if self.admission.pace.as_ref().is_some_and(|pace| !pace.admits(now)) {
            self.door.hurried.add(1);
            self.hurried.warn(now, format_args!("{peer} is refused: more connections come than may"));
            return None;
        }
        Some(Arrival { stream, ticket })
    }

    /// There is no slot for one that may come in.
    pub(crate) fn refused(&self) {
        if let Some(pace) = &self.admission.pace {
            pace.put_back();
        }
    }

    fn give_back(&self) {
        if let Some(pace) = &self.admission.pace {
            pace.give_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusts(proxies: &[&str], peer: &str) -> bool {
        let proxies = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
        Admission { proxies: Some(proxies), ..Admission::default() }.trusts(peer.parse().unwrap())
    }

    #[test]
    fn trusted_are_those_who_are_named() {
        let proxies = ["10.1.0.0/16", "192.0.2.7/32", "2001:db8::/32"];
        for peer in ["10.1.255.1", "192.0.2.7", "2001:db8:ffff::1", "::ffff:10.1.2.3"] {
            assert!(trusts(&proxies, peer), "{peer}");
        }
        for peer in ["10.2.0.1", "192.0.2.8", "2001:db9::1", "::1", "::ffff:10.2.0.1", "::10.1.2.3"] {
            assert!(!trusts(&proxies, peer), "{peer}");
        }
        assert!(trusts(&["0.0.0.0/0", "::/0"], "::ffff:1.2.3.4") && trusts(&["::/0"], "::1"));
        assert!(Admission::default().trusts([6, 6, 6, 6].into()));
    }
}
