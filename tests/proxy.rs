//! Connections that come from proxies, over real sockets.

mod support;

use std::io::{ErrorKind, Write};
use std::net::{IpAddr, SocketAddr};
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use mario::{Accept, Builder, Conn, Payload, Reason, Server, Service};
use support::*;

const TEXT: &[u8] = b"PROXY TCP4 203.0.113.7 192.0.2.1 51234 8082\r\n";
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// A service that tells who its clients are, as it learns of them and when they ask.
struct Doorman(Sender<Result<SocketAddr, Reason>>);

impl Service for Doorman {
    type Session = ();
    type Worker = ();

    fn connected(&self, conn: &mut Conn<'_, Self>) {
        let _ = self.0.send(Ok(conn.peer_addr()));
    }

    fn disconnected(&self, _conn: &mut Conn<'_, Self>, reason: Reason) {
        let _ = self.0.send(Err(reason));
    }
}

const WHO: u16 = 0x0201;

#[mario::command(WHO)]
fn who(conn: &mut Conn<'_, Doorman>) -> Payload<'static> {
    match conn.peer_addr().ip() {
        IpAddr::V4(_) => Payload(b"4"),
        IpAddr::V6(_) => Payload(b"6"),
    }
}

struct Gate {
    server: Server,
    events: mpsc::Receiver<Result<SocketAddr, Reason>>,
}

fn gate(settings: impl FnOnce(Builder<Doorman>) -> Builder<Doorman>) -> Gate {
    let (sender, events) = mpsc::channel();
    let builder = Server::builder(Doorman(sender), mario::commands![who]).bind("127.0.0.1:0").workers(2);
    let builder = builder.connections(64).proxy_protocol(["127.0.0.0/8"]);
    Gate { server: settings(builder).start().expect("the server starts"), events }
}

impl Gate {
    fn connect(&self) -> Client {
        Client::connect(self.server.local_addr())
    }

    #[track_caller]
    fn next(&self) -> Result<SocketAddr, Reason> {
        self.events.recv_timeout(LIMIT).expect("the service hears of it")
    }

    /// All connections are gone.
    #[track_caller]
    fn is_left(&self) {
        eventually("all slots are free", || self.server.stats().open == 0);
    }
}

fn binary(family: u8, block: &[u8]) -> Vec<u8> {
    [SIGNATURE, &[0x21, family], &u16::try_from(block.len()).unwrap().to_be_bytes(), block].concat()
}

#[test]
fn the_peer_is_the_client_behind_the_proxy() {
    let accepts: &[Accept] =
        if cfg!(target_os = "linux") { &[Accept::Master, Accept::PerWorker] } else { &[Accept::Master] };
    for accept in accepts {
        let gate = gate(|builder| builder.accept(*accept));
        let block4 = [203, 0, 113, 8, 192, 0, 2, 1, 0, 1, 0, 2];
        let block6 = [&[0x20, 1, 0x0d, 0xb8][..], &[0; 28], &[0, 3, 0, 4]].concat();
        for (header, client, family) in [
            (TEXT.to_vec(), "203.0.113.7:51234", b"4"),
            (b"PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n".to_vec(), "[2001:db8::7]:1", b"6"),
            (binary(0x11, &block4), "203.0.113.8:1", b"4"),
            (binary(0x21, &block6), "[2001:db8::]:3", b"6"),
        ] {
            let mut proxy = gate.connect();
            // The first frame comes with the header.
            proxy.send(&[header, frame(WHO, b"")].concat());
            assert_eq!(proxy.receive(9), frame(WHO, family));
            assert_eq!(gate.next(), Ok(client.parse().unwrap()));
            proxy.call(WHO, b"", family);
            drop(proxy);
            assert_eq!(gate.next(), Err(Reason::Closed));
        }
        let stats = gate.server.stats();
        assert_eq!((stats.accepted, stats.frames, stats.proxy_errors, stats.untrusted), (4, 8, 0, 0));
    }
}

#[test]
fn a_connection_of_the_proxy_itself_is_served_as_its_own() {
    let gate = gate(|builder| builder);
    for header in [&b"PROXY UNKNOWN\r\n"[..], &[SIGNATURE, &[0x20, 0, 0, 0]].concat()] {
        let mut proxy = gate.connect();
        proxy.send(header);
        assert_eq!(gate.next(), Ok(proxy.0.local_addr().unwrap()));
        proxy.call(WHO, b"", b"4");
        drop(proxy);
        assert_eq!(gate.next(), Err(Reason::Closed));
    }
}

#[test]
fn a_header_may_come_byte_by_byte() {
    let gate = gate(|builder| builder);
    let mut proxy = gate.connect();
    for (sent, byte) in TEXT.iter().enumerate() {
        eventually("the byte before was read", || gate.server.stats().bytes == sent as u64);
        proxy.send(&[*byte]);
    }
    assert_eq!(gate.next(), Ok("203.0.113.7:51234".parse().unwrap()));
    proxy.call(WHO, b"", b"4");
}

#[test]
fn whatever_is_no_header_is_closed_and_counted() {
    let gate = gate(|builder| builder);
    let long = [b"PROXY UNKNOWN ", &[b'x'; 1000][..]].concat();
    let huge = [SIGNATURE, &[0x21, 0x11, 0xff, 0xff]].concat();
    let bad = [&frame(WHO, b"")[..], b"PROXY TCP4 x\r\n", &long, &huge, b"\r\n\r\nGET"];
    for (errors, bytes) in (1..).zip(bad) {
        let mut proxy = gate.connect();
        proxy.send(bytes);
        proxy.closed();
        gate.is_left();
        assert_eq!(gate.server.stats().proxy_errors, errors);
    }
    // Who leaves before it has said all.
    let mut proxy = gate.connect();
    proxy.send(&TEXT[..5]);
    drop(proxy);
    eventually("it is counted", || gate.server.stats().proxy_errors == bad.len() as u64 + 1);
    gate.is_left();
    gate.server.shutdown().unwrap();
    assert_eq!(gate.events.iter().count(), 0, "the service never heard of them");
}

#[test]
fn a_header_that_trickles_is_not_waited_for() {
    let gate = gate(|builder| builder.proxy_timeout(Duration::from_millis(50)).read_timeout(None));
    let mut silent = gate.connect();
    let mut slow = gate.connect();
    // It is never whole: the last byte is missing.
    for byte in &TEXT[..TEXT.len() - 1] {
        match slow.0.write_all(&[*byte]) {
            Ok(()) => std::thread::sleep(Duration::from_millis(2)),
            Err(error) => assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)),
        }
    }
    slow.closed();
    silent.closed();
    eventually("they are counted", || gate.server.stats().proxy_errors == 2);
    gate.is_left();
}

#[test]
fn who_is_not_trusted_is_refused() {
    let accepts: &[Accept] =
        if cfg!(target_os = "linux") { &[Accept::Master, Accept::PerWorker] } else { &[Accept::Master] };
    for accept in accepts {
        let gate = gate(|builder| builder.proxy_protocol(["192.0.2.0/24", "2001:db8::7"]).accept(*accept));
        for untrusted in 1..=100 {
            gate.connect().closed();
            eventually("it is counted", || gate.server.stats().untrusted == untrusted);
        }
        let stats = gate.server.stats();
        assert_eq!((stats.accepted, stats.refused, stats.open), (0, 0, 0));
    }
}
