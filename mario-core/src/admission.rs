//! Who may connect.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;

use crate::notice::Notice;
use crate::stats::Door;

/// The rules for connections that come, the same for all who accept.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    /// The only ones who may connect, if the PROXY protocol is spoken.
    pub(crate) proxies: Option<Vec<IpNet>>,
}

impl Admission {
    fn trusts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.proxies.as_ref().is_none_or(|proxies| proxies.iter().any(|proxy| proxy.contains(&peer)))
    }
}

/// What was said of those who were not let in.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    untrusted: Notice,
}

impl Refusals {
    /// Whether a connection may come in; where it may not, it is counted, and said now and then.
    pub(crate) fn admits(
        &mut self,
        admission: &Admission,
        door: &Door,
        peer: SocketAddr,
        now: Duration,
    ) -> bool {
        if admission.trusts(peer.ip()) {
            return true;
        }
        door.untrusted.add(1);
        self.untrusted.warn(now, format_args!("{peer} is refused: it is no proxy that is trusted"));
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusts(proxies: &[&str], peer: &str) -> bool {
        let proxies = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
        Admission { proxies: Some(proxies) }.trusts(peer.parse().unwrap())
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
