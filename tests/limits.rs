//! Limits over real sockets.

mod support;

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use mario::{Accept, Excess, Rate, Reason};
use socket2::{Domain, Socket, Type};
use support::*;

/// Who may accept on this system.
fn accepts() -> &'static [Accept] {
    if cfg!(target_os = "linux") { &[Accept::Master, Accept::PerWorker] } else { &[Accept::Master] }
}

/// A client with an address of its own.
fn connect_from(host: u8, server: SocketAddr) -> Client {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::new(127, 0, 0, host), 0)).into()).unwrap();
    socket.connect(&server.into()).expect("the server accepts");
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    Client(TcpStream::from(socket))
}

/// Whether a client is served; if not, it is closed.
fn is_served(client: &mut Client) -> bool {
    use std::io::{Read, Write};
    let (request, mut reply) = (frame(SUM, &[1, 0, 0, 0, 2, 0, 0, 0]), [0; 12]);
    client.0.write_all(&request).is_ok() && client.0.read_exact(&mut reply).is_ok()
}

// All of 127.0.0.0/8 is the machine's own only on Linux.
#[cfg(target_os = "linux")]
#[test]
fn an_address_has_so_many_on_all_workers_together() {
    for accept in accepts() {
        let rig = serve(|builder| builder.workers(4).accept(*accept).connections_per_address(5));
        let mut first: Vec<Client> = (0..5).map(|_| connect_from(1, rig.addr())).collect();
        assert!(first.iter_mut().all(is_served));
        let mut more: Vec<Client> = (0..50).map(|_| connect_from(1, rig.addr())).collect();
        more.iter_mut().for_each(Client::closed);
        assert!(is_served(&mut connect_from(2, rig.addr())), "another has as many");
        first.pop();
        // It comes back once the server has seen that.
        eventually("there is one less", || is_served(&mut connect_from(1, rig.addr())));
        assert!(first.iter_mut().all(is_served));
        let stats = rig.stats();
        assert!(stats.refused_by_address >= 50 && stats.refused == 0, "{stats:?}");
    }
}

/// Very many that come and go on all workers at the same time, more than may: at the end nobody is counted any more.
#[test]
fn counts_return_to_nothing() {
    for accept in accepts() {
        let rig = serve(|builder| builder.workers(4).accept(*accept).connections_per_address(8));
        let addr = rig.addr();
        let served: usize = thread::scope(|scope| {
            let client = || {
                let rounds = 0..100;
                rounds.filter(|round| {
                    let mut client = Client::connect(addr);
                    let served = is_served(&mut client);
                    if round % 3 == 0 {
                        client.reset();
                    }
                    served
                })
            };
            let threads: Vec<_> = (0..16).map(|_| scope.spawn(move || client().count())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert!(served > 0);
        eventually("all slots are free", || rig.stats().open == 0);
        let mut all: Vec<Client> = (0..8).map(|_| rig.connect()).collect();
        assert!(all.iter_mut().all(is_served));
        rig.connect().closed();
        let stats = rig.stats();
        assert_eq!((stats.accepted + stats.refused_by_address, stats.refused), (1600 + 9, 0));
    }
}

#[test]
fn more_than_the_rate_wait_in_the_backlog() {
    for accept in accepts() {
        let rate = Rate::per_second(20).burst(10);
        let rig = serve(|builder| builder.workers(2).accept(*accept).accept_rate(rate));
        // They are connected at once, and served in their turn.
        let mut clients: Vec<Client> = (0..40).map(|_| rig.connect()).collect();
        assert!(clients.iter_mut().all(is_served));
        let stats = rig.stats();
        assert_eq!((stats.accepted, stats.refused_by_rate), (40, 0));
        assert!(stats.accept_delays > 0, "not all had a turn at once");
    }
}

#[test]
fn more_than_the_rate_are_closed_if_that_is_wanted() {
    for accept in accepts() {
        let rate = Rate::per_second(1).burst(10).excess(Excess::Close);
        let rig = serve(|builder| builder.workers(2).accept(*accept).accept_rate(rate));
        let served = (0..500).filter(|_| is_served(&mut rig.connect())).count() as u64;
        let stats = rig.stats();
        assert_eq!((stats.accepted, stats.refused_by_rate), (served, 500 - served));
        assert!((10..500).contains(&served), "{served}");
    }
}

#[test]
fn frames_above_the_rate_wait_and_all_are_answered() {
    let rig = serve(|builder| builder.frame_rate(Rate::per_second(1000).burst(50)));
    let (mut fast, mut other) = (rig.connect(), rig.connect());
    let began = Instant::now();
    fast.send(&frame(COUNT, b"").repeat(350));
    for count in 1..=350u32 {
        assert_eq!(fast.receive(12), frame(COUNT, &count.to_le_bytes()));
    }
    assert!(began.elapsed() >= Duration::from_millis(300), "no rate is faster");
    other.call(ECHO, b"others", b"others");
    let stats = rig.stats();
    assert!(stats.throttled > 0 && stats.too_fast == 0, "{stats:?}");
}

#[test]
fn bytes_above_the_rate_wait_in_the_kernel() {
    let rig = serve(|builder| builder.byte_rate(Rate::per_second(8 << 20).burst(1 << 16)));
    let mut fast = rig.connect();
    let began = Instant::now();
    let sent = fast.fill(&frame(SILENT, b""), 0) as u64;
    let read = |passed: Duration| (1 << 16) + (passed.as_nanos() * (8 << 20) / 1_000_000_000) as u64;
    while rig.stats().bytes < sent {
        // What was read is looked at first: it was not read later.
        let bytes = rig.stats().bytes;
        assert!(bytes <= read(began.elapsed()), "{bytes} after {:?}", began.elapsed());
        assert!(began.elapsed() < LIMIT);
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn who_is_too_fast_is_closed_if_that_is_wanted() {
    let rate = Rate::per_second(1).burst(5).excess(Excess::Close);
    let rig = serve(|builder| builder.frame_rate(rate));
    let mut fast = rig.connect();
    fast.send(&frame(COUNT, b"").repeat(100));
    let replies: Vec<u8> = (1..=5u32).flat_map(|count| frame(COUNT, &count.to_le_bytes())).collect();
    assert_eq!(fast.receive_all(), replies, "those within the rate are answered");
    assert_eq!(rig.reason(), Reason::TooFast);
    eventually("it is counted", || rig.stats().too_fast == 1);

    let rate = Rate::per_second(1).burst(2_000).excess(Excess::Close);
    let rig = serve(|builder| builder.byte_rate(rate));
    let mut fast = rig.connect();
    fast.send(&frame(SILENT, b"").repeat(300));
    assert_eq!(rig.reason(), Reason::TooFast);
    fast.closed();
}
