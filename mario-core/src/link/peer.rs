//! The address of a peer in no more bytes than it has.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// The address of a peer. A [`SocketAddr`] takes ten bytes more, in each slot.
#[derive(Clone, Copy)]
pub(crate) struct Peer {
    ip: [u8; 16],
    port: [u8; 2],
    /// Which of the machine's networks it is in, as a link-local address does not tell; or [`IPV4`].
    scope: [u8; 4],
}

/// No network has this number: they are counted from 1.
const IPV4: [u8; 4] = [0xff; 4];

impl Peer {
    pub(crate) fn addr(self) -> SocketAddr {
        let (ip, port) = (Ipv6Addr::from(self.ip), u16::from_le_bytes(self.port));
        if self.scope == IPV4 {
            let [.., a, b, c, d] = self.ip;
            return (Ipv4Addr::new(a, b, c, d), port).into();
        }
        SocketAddrV6::new(ip, port, 0, u32::from_le_bytes(self.scope)).into()
    }
}

/// But for the label of a flow, which sockets are not told unless they ask for it.
impl From<SocketAddr> for Peer {
    fn from(addr: SocketAddr) -> Self {
        let ip = match addr.ip() {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        let scope = match addr {
            SocketAddr::V4(_) => IPV4,
            SocketAddr::V6(addr) => addr.scope_id().to_le_bytes(),
        };
        Peer { ip: ip.octets(), port: addr.port().to_le_bytes(), scope }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.addr().fmt(f)
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_back_as_it_was() {
        for text in [
            "192.0.2.7:65535",
            "0.0.0.0:0",
            "[2001:db8::7]:8082",
            "[::ffff:192.0.2.7]:1",
            "[::]:0",
            "[fe80::1%4]:5",
        ] {
            let addr: SocketAddr = text.parse().unwrap();
            assert_eq!(Peer::from(addr).addr(), addr);
            assert_eq!(Peer::from(addr).to_string(), text);
        }
    }
}
