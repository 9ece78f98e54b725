//! What is full is counted by what it was, by `mario::testing`.

use std::time::Duration;

use mario::testing::TestServer;
use mario::{Builder, Conn, Packet, Payload, Reason, Reply, Server, Service};

const FLOOD: u16 = 0x0001;
const TIMER: u16 = 0x0002;
const JOIN: u16 = 0x0003;
const LATER: u16 = 0x0004;

#[derive(Default)]
struct Hall;

impl Service for Hall {
    type Session = Vec<Reply<Nothing>>;
    type Worker = ();
}

#[derive(Packet)]
struct Nothing;

#[mario::command(FLOOD)]
fn flood(_conn: &mut Conn<'_, Hall>) -> Payload<'static> {
    Payload(&[0; 60_000])
}

#[mario::command(TIMER)]
fn timer(conn: &mut Conn<'_, Hall>) {
    let _ = conn.after(Duration::from_secs(60), |_| {});
}

#[mario::command(JOIN)]
fn join(conn: &mut Conn<'_, Hall>) {
    let _ = conn.join(1u64);
}

#[mario::command(LATER)]
fn later(conn: &mut Conn<'_, Hall>, _request: Nothing, reply: Reply<Nothing>) {
    conn.session().push(reply);
}

fn server(set: impl FnOnce(Builder<Hall>) -> Builder<Hall>) -> TestServer<Hall> {
    let builder = Server::builder(Hall, mario::commands![flood, timer, join, later]);
    TestServer::new(set(builder.connections(4)))
}

/// What was full, and how often; what never was is left out.
fn full(server: &TestServer<Hall>) -> Vec<(&'static str, u64)> {
    server.handle().metrics().full.into_iter().filter(|(_, count)| *count > 0).collect()
}

/// An empty frame of this command.
fn frame(command: u16) -> Vec<u8> {
    mario::proto::frame_to_vec(mario::proto::DEFAULT_STX, command, &Nothing).unwrap()
}

#[test]
fn output_is_counted_by_whose_limit_it_was() {
    let server =
        server(|builder| builder.water_marks(0, 100 << 10).output_limit(200 << 10).output_pool(200 << 10));
    let [mut first, mut second] = [server.connect(), server.connect()];
    for client in [&mut first, &mut second] {
        client.stop_reading();
        client.send_bytes(&frame(FLOOD).repeat(10));
    }
    assert_eq!((first.reason(), second.reason()), (None, Some(Reason::Overflow)));
    assert_eq!(full(&server), [("output_pool", 1)]);
}

#[test]
fn answers_timers_and_memberships_are_counted() {
    let server = server(|builder| builder.deferred(1).timers(1).memberships(1));
    let [mut first, mut second] = [server.connect(), server.connect()];
    for client in [&mut first, &mut second] {
        client.send_bytes(&[frame(TIMER), frame(JOIN), frame(LATER)].concat());
    }
    assert_eq!((first.reason(), second.reason()), (None, Some(Reason::Overflow)));
    assert_eq!(full(&server), [("deferred", 1), ("memberships", 1), ("timers", 1)]);
    assert!(
        server
            .handle()
            .metrics()
            .to_prometheus()
            .contains("mario_full_total{worker=\"0\",what=\"timers\"} 1\n")
    );
}

#[test]
fn input_is_counted() {
    let server = server(|builder| builder.max_packet(60_000).input_pool(5 * 2048));
    let mut client = server.connect();
    client.send_bytes(
        &[&mario::proto::DEFAULT_STX.to_le_bytes()[..], &50_000u16.to_le_bytes(), &[0; 20_000]].concat(),
    );
    assert_eq!(client.reason(), Some(Reason::Overflow));
    assert_eq!(full(&server), [("input_pool", 1)]);
}
