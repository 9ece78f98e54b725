//! Who may connect, and how fast: on a network and a clock in memory.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use mario::testing::{TestClient, TestServer};
use mario::{Builder, Conn, Excess, Payload, Rate, Reason, Server, Service};
use proptest::prelude::*;

const ECHO: u16 = 0x0001;
const PANIC: u16 = 0x0002;
const CLOSE: u16 = 0x0003;

struct Plain;

impl Service for Plain {
    type Session = ();
    type Worker = ();
}

#[mario::command(ECHO)]
fn echo<'a>(_conn: &mut Conn<'_, Plain>, request: Payload<'a>) -> Payload<'a> {
    request
}

#[mario::command(PANIC)]
fn panic(_conn: &mut Conn<'_, Plain>) {
    panic!("as the test asked for");
}

#[mario::command(CLOSE)]
fn close(conn: &mut Conn<'_, Plain>) {
    conn.close();
}

fn server(settings: impl FnOnce(Builder<Plain>) -> Builder<Plain>) -> TestServer<Plain> {
    let builder = Server::builder(Plain, mario::commands![echo, panic, close]).connections(64);
    TestServer::new(settings(builder))
}

fn from(server: &TestServer<Plain>, address: &str) -> TestClient<Plain> {
    server.connect_from(SocketAddr::new(address.parse().unwrap(), 1))
}

/// Connects through a proxy, whose header names this client.
fn through_proxy(server: &TestServer<Plain>, client: IpAddr) -> TestClient<Plain> {
    let mut proxy = server.connect();
    let family = if client.is_ipv4() { "TCP4" } else { "TCP6" };
    proxy.send_bytes(format!("PROXY {family} {client} {client} 1 2\r\n").as_bytes());
    proxy
}

#[test]
fn an_address_has_so_many_and_others_as_many() {
    let server = server(|builder| builder.connections_per_address(2));
    let mut held = [from(&server, "192.0.2.1"), from(&server, "192.0.2.1"), from(&server, "192.0.2.2")];
    for address in ["192.0.2.1", "::ffff:192.0.2.1"] {
        assert!(from(&server, address).is_closed());
    }
    assert!(held.iter().all(|client| !client.is_closed()));
    held[0].close();
    assert!(held[0].is_closed());
    held[0] = from(&server, "192.0.2.1");
    assert!(!held[0].is_closed());
    let stats = server.stats();
    assert_eq!((stats.accepted, stats.open, stats.refused_by_address, stats.refused), (4, 3, 2, 0));
}

#[test]
fn a_prefix_counts_as_one() {
    let server = server(|builder| builder.connections_per_address(1).address_prefixes(24, 48));
    let _held = [from(&server, "192.0.2.1"), from(&server, "2001:db8:1::1"), from(&server, "192.0.3.1")];
    assert!(from(&server, "192.0.2.99").is_closed());
    assert!(from(&server, "2001:db8:1:ffff::9").is_closed());
    assert!(!from(&server, "2001:db8:2::1").is_closed());
    assert_eq!(server.stats().open, 4);
}

#[test]
fn behind_a_proxy_it_is_the_client_who_counts() {
    let server = server(|builder| builder.proxy_protocol(["127.0.0.0/8"]).connections_per_address(1));
    let client = IpAddr::from([192, 0, 2, 1]);
    let mut first = through_proxy(&server, client);
    let second = through_proxy(&server, client);
    assert_eq!((first.is_closed(), second.is_closed()), (false, true));
    assert_eq!(second.reason(), Some(Reason::TooManyOfAddress));
    let other = through_proxy(&server, Ipv6Addr::LOCALHOST.into());
    assert!(!other.is_closed());
    // The proxy's own are not counted, and neither are those of which it is not known yet for whom they are.
    let proxies: Vec<_> = (0..3).map(|_| from(&server, "127.0.0.1")).collect();
    for mut proxy in (0..3).map(|_| from(&server, "127.0.0.1")) {
        proxy.send_bytes(b"PROXY UNKNOWN\r\n");
        assert!(!proxy.is_closed());
    }
    assert!(proxies.iter().all(|proxy| !proxy.is_closed()));
    first.close();
    assert!(!through_proxy(&server, client).is_closed());
    let stats = server.stats();
    assert_eq!((stats.refused_by_address, stats.proxy_errors), (1, 0));
}

#[test]
fn more_than_the_rate_wait_for_their_turn() {
    let server = server(|builder| builder.accept_rate(Rate::per_second(10).burst(3)));
    let mut clients: Vec<_> = (0..6).map(|_| server.connect()).collect();
    assert_eq!((server.stats().accepted, server.stats().accept_delays), (3, 0));
    for accepted in 4..=6 {
        server.advance(Duration::from_millis(99));
        assert_eq!(server.stats().accepted, accepted - 1);
        server.advance(Duration::from_millis(1));
        assert_eq!((server.stats().accepted, server.stats().accept_delays), (accepted, accepted - 3));
    }
    // Nobody waits any more, and nothing is counted for it.
    server.advance(Duration::from_secs(1));
    clients.extend((0..3).map(|_| server.connect()));
    for client in &mut clients {
        client.send(ECHO, &Payload(b"served"));
        assert_eq!(client.receive::<Payload<'_>>(ECHO).0, b"served");
    }
    let stats = server.stats();
    assert_eq!((stats.accepted, stats.accept_delays, stats.refused_by_rate), (9, 3, 0));
}

#[test]
fn more_than_the_rate_are_closed_if_that_is_wanted() {
    let rate = Rate::per_second(10).burst(3).excess(Excess::Close);
    let server = server(|builder| builder.accept_rate(rate));
    let closed: Vec<_> = (0..6).map(|_| server.connect()).map(|client| client.is_closed()).collect();
    assert_eq!(closed, [false, false, false, true, true, true]);
    server.advance(Duration::from_millis(100));
    assert_eq!([(); 2].map(|()| server.connect().is_closed()), [false, true]);
    let stats = server.stats();
    assert_eq!((stats.accepted, stats.refused_by_rate, stats.accept_delays), (4, 4, 0));
}

#[test]
fn who_may_not_come_in_anyway_takes_nobodys_turn() {
    for excess in [Excess::Pause, Excess::Close] {
        let rate = Rate::per_second(1).burst(2).excess(excess);
        let server = server(|builder| builder.accept_rate(rate).connections_per_address(1));
        let _held = from(&server, "192.0.2.1");
        for _ in 0..100 {
            assert!(from(&server, "192.0.2.1").is_closed());
        }
        assert!(!from(&server, "192.0.2.2").is_closed());
        assert_eq!((server.stats().accepted, server.stats().refused_by_address), (2, 100));
    }
}

#[derive(Clone, Debug)]
enum Step {
    Connect { host: u8, is_whole: bool },
    Close(usize),
    Reset(usize),
    Send(usize, u16),
    Advance(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..6u8, prop::bool::weighted(0.8)).prop_map(|(host, is_whole)| Step::Connect { host, is_whole }),
        1 => any::<usize>().prop_map(Step::Close),
        1 => any::<usize>().prop_map(Step::Reset),
        2 => (any::<usize>(), prop::sample::select(vec![ECHO, PANIC, CLOSE, 0x7777]))
            .prop_map(|(at, command)| Step::Send(at, command)),
        1 => (0..40u64).prop_map(Step::Advance),
    ]
}

proptest! {
    /// However connections end, exactly those that are open count.
    #[test]
    fn who_is_gone_does_not_count(
        most in 1..4usize,
        slots in 4..16usize,
        is_proxied: bool,
        steps in prop::collection::vec(step(), 0..150),
    ) {
        let server = server(|builder| {
            let builder = builder.connections(slots).connections_per_address(most as u32).address_prefixes(31, 64);
            let builder = builder.read_timeout(Duration::from_secs(30));
            if is_proxied { builder.proxy_protocol(["127.0.0.0/8"]) } else { builder }
        });
        let address = |host: u8| IpAddr::from([192, 0, 2, host]);
        let mut clients: Vec<(Option<u8>, TestClient<Plain>)> = Vec::new();
        for step in steps {
            clients.retain(|(_, client)| !client.is_closed());
            let count = clients.len().max(1);
            match step {
                Step::Connect { host, is_whole } => {
                    let together = clients.iter().filter(|(other, _)| other.map(|other| other / 2) == Some(host / 2));
                    let may = together.count() < most && clients.len() < slots;
                    if is_proxied && !is_whole {
                        let mut proxy = server.connect();
                        proxy.send_bytes(b"PROXY TCP4 192.0.2.");
                        clients.push((None, proxy));
                        continue;
                    }
                    let client = match is_proxied {
                        true => through_proxy(&server, address(host)),
                        false => server.connect_from(SocketAddr::new(address(host), 1)),
                    };
                    prop_assert_eq!(!client.is_closed(), may);
                    clients.push((Some(host), client));
                }
                Step::Close(at) => {
                    if let Some((_, client)) = clients.get_mut(at % count) {
                        client.close();
                    }
                }
                Step::Reset(at) => {
                    if let Some((_, client)) = clients.get_mut(at % count) {
                        client.reset();
                    }
                }
                Step::Send(at, command) => {
                    if let Some((Some(_), client)) = clients.get_mut(at % count) {
                        client.send(command, &Payload(b""));
                    }
                }
                Step::Advance(seconds) => server.advance(Duration::from_secs(seconds)),
            }
        }
        drop(clients);
        server.advance(Duration::from_secs(100));
        prop_assert_eq!(server.stats().open, 0);
        for host in 0..2 {
            let all: Vec<_> = (0..=most).map(|_| match is_proxied {
                true => through_proxy(&server, address(2 * host)),
                false => server.connect_from(SocketAddr::new(address(2 * host), 1)),
            }).collect();
            let let_in = all.iter().filter(|client| !client.is_closed()).count();
            prop_assert_eq!(let_in, most.min(slots));
            drop(all);
            server.advance(Duration::from_secs(100));
        }
    }
}
