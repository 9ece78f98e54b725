//! The header in which a proxy says for whom it has connected.

use super::dice::Dice;
use super::sockets::address_of;

/// What a proxy sends first.
#[derive(Clone, Debug, Default)]
pub(super) struct Greeting {
    pub(super) bytes: Vec<u8>,
    pub(super) says: Says,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Says {
    /// It is a client's.
    #[default]
    Client,
    /// It is the proxy's own, or nobody knows whose.
    Nobody,
    /// It is no such header.
    Nonsense,
}

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

impl Greeting {
    /// That of this client, in one of the forms that there are, or broken.
    pub(super) fn new(dice: &mut Dice, client: usize) -> Self {
        let local = [SIGNATURE, b"\x20\0\0\0"].concat();
        let (bytes, says) = match dice.below(16) {
            0 => (b"GET / HTTP/1.1\r\n\r\n".to_vec(), Says::Nonsense),
            1 => ([SIGNATURE, b"\x31\x11\0\0"].concat(), Says::Nonsense),
            2 => (b"PROXY TCP4 nobody knows\r\n".to_vec(), Says::Nonsense),
            3 => (local, Says::Nobody),
            4 => (b"PROXY UNKNOWN\r\n".to_vec(), Says::Nobody),
            5..10 => (binary(client, dice.pick(&[0, 5, 3000])), Says::Client),
            _ => return Greeting::plain(client),
        };
        Greeting { bytes, says }
    }

    /// The first form of it.
    pub(super) fn plain(client: usize) -> Self {
        let peer = address_of(client);
        let line = format!("PROXY TCP4 {} 127.0.0.1 {} 8082\r\n", peer.ip(), peer.port());
        Greeting { bytes: line.into_bytes(), says: Says::Client }
    }
}

/// The second form, with something more that is of no interest.
fn binary(client: usize, more: u16) -> Vec<u8> {
    let peer = address_of(client);
    let source = match peer.ip() {
        std::net::IpAddr::V4(ip) => ip.octets(),
        std::net::IpAddr::V6(_) => [0; 4],
    };
    let addresses = [&source[..], &[127, 0, 0, 1], &peer.port().to_be_bytes(), &[31, 144]].concat();
    let extension = [&[4][..], &more.to_be_bytes(), &vec![7; more.into()]].concat();
    let len = (addresses.len() + extension.len()) as u16;
    [SIGNATURE, b"\x21\x11", &len.to_be_bytes(), &addresses, &extension].concat()
}
