//! Pushes to connections, by `mario::testing`; those between threads are in the whole-system tests.

use std::time::Duration;

use mario::testing::{TestClient, TestServer};
use mario::{
    Builder, Conn, ConnId, Connections, Overflow, Packet, Payload, PushError, Pushed, Reason, Server, Service,
};

const RELAY: u16 = 0x0001;
const WHO: u16 = 0x0002;
const FLOOD: u16 = 0x0003;
const NEWS: u16 = 0x0100;
const PLACE: u16 = 0x0101;
const MOOD: u16 = 0x0102;

struct Hub;

impl Service for Hub {
    type Session = ();
    type Worker = ();
}

#[derive(Debug, PartialEq, Packet)]
struct Relay<'a> {
    to: &'a str,
    text: &'a str,
}

#[derive(Debug, PartialEq, Packet)]
struct News<'a> {
    text: &'a str,
}

#[derive(Debug, PartialEq, Packet)]
#[mario(overflow = keep_latest)]
struct Place {
    x: u32,
}

#[derive(Debug, PartialEq, Packet)]
#[mario(overflow = drop_newest)]
struct Mood {
    mood: u8,
}

#[derive(Debug, PartialEq, Packet)]
struct Outcome {
    outcome: String,
}

#[mario::command(RELAY)]
fn relay(conn: &mut Conn<'_, Hub>, request: Relay<'_>) -> Outcome {
    let to: ConnId = request.to.parse().unwrap();
    let outcome = conn.connections().push(to, NEWS, &News { text: request.text });
    Outcome { outcome: outcome.map_or_else(|error| error.to_string(), |()| "pushed".into()) }
}

#[mario::command(WHO)]
fn who(conn: &mut Conn<'_, Hub>) -> Outcome {
    Outcome { outcome: conn.id().to_string() }
}

#[mario::command(FLOOD)]
fn flood(_conn: &mut Conn<'_, Hub>) -> Payload<'static> {
    Payload(&[7; 60_000])
}

fn builder() -> Builder<Hub> {
    Server::builder(Hub, mario::commands![relay, who, flood]).mailbox(4)
}

fn server() -> (TestServer<Hub>, Connections) {
    let server = TestServer::new(builder());
    let connections = server.connections();
    (server, connections)
}

/// A client that does not read, and has more waiting than the high-water mark.
fn slow(server: &TestServer<Hub>) -> TestClient<Hub> {
    let mut client = server.connect();
    client.stop_reading();
    for _ in 0..3 {
        client.send(FLOOD, &Payload(b""));
    }
    client
}

fn news(client: &mut TestClient<Hub>) -> Vec<u8> {
    client.receive::<Payload<'_>>(NEWS).0.to_vec()
}

#[test]
fn pushes_arrive_in_order_from_handlers_and_from_outside() {
    let (server, connections) = server();
    let (mut ann, mut bob) = (server.connect(), server.connect());
    let to = ann.id().to_string();
    let reply: Outcome = bob.call(RELAY, &Relay { to: &to, text: "from Bob" });
    assert_eq!(reply.outcome, "pushed");
    assert_eq!(ann.receive::<News<'_>>(NEWS).text, "from Bob");
    for number in [1u8, 2, 3] {
        connections.push(ann.id(), NEWS, &Payload(&[number])).unwrap();
    }
    assert_eq!([news(&mut ann), news(&mut ann), news(&mut ann)], [[1], [2], [3]]);
    assert_eq!(bob.next_frame(), None);
    assert_eq!(server.stats().pushes, 4);
}

#[test]
fn an_id_that_is_stale_reaches_nobody() {
    let (server, connections) = server();
    let mut first = server.connect();
    let stale = first.id();
    connections.push(stale, NEWS, &Payload(b"on its way")).unwrap();
    first.close();
    let mut second = server.connect();
    assert_eq!((second.id().worker(), second.id() == stale), (0, false));
    assert!(!connections.is_open(stale) && connections.is_open(second.id()));
    assert_eq!(connections.push(stale, NEWS, &Payload(b"late")), Err(PushError::Gone(stale)));
    assert_eq!(connections.close(stale), Err(PushError::Gone(stale)));
    let nobody: ConnId = "7.0.0".parse().unwrap();
    assert_eq!(connections.push(nobody, NEWS, &Payload(b"")), Err(PushError::Gone(nobody)));
    assert_eq!(second.next_frame(), None);
}

#[test]
fn a_full_mailbox_says_so_and_loses_nothing() {
    let (server, connections) = server();
    let mut client = server.connect();
    for number in 0..4u8 {
        connections.push(client.id(), NEWS, &Payload(&[number])).unwrap();
    }
    assert_eq!(connections.push(client.id(), NEWS, &Payload(b"5")), Err(PushError::Full(4)));
    for number in 0..4u8 {
        assert_eq!(news(&mut client), [number]);
    }
    assert_eq!(client.next_frame(), None);
    connections.push(client.id(), NEWS, &Payload(b"6")).unwrap();
    assert_eq!(news(&mut client), b"6");
    assert_eq!((server.stats().pushes, server.stats().pushes_refused), (5, 1));
}

#[test]
fn what_can_not_be_sent_is_told_at_once() {
    let (server, connections) = server();
    let client = server.connect();
    assert_eq!(connections.push(client.id(), 0xfffd, &Payload(b"")), Err(PushError::Reserved(0xfffd)));
    let too_long = connections.push(client.id(), NEWS, &Payload(&[0; 70_000]));
    assert!(matches!(too_long, Err(PushError::Encode(_))), "{too_long:?}");
}

#[test]
fn one_message_goes_to_many() {
    let server = TestServer::new(builder());
    let connections = server.connections();
    let mut clients: Vec<_> = (0..1000).map(|_| server.connect()).collect();
    let mut ids: Vec<_> = clients.iter().map(TestClient::id).collect();
    clients.truncate(900);
    server.settle();
    ids.push("900.1.1".parse().unwrap());
    let message = connections.message(NEWS, &News { text: "all" }).unwrap();
    let pushed = connections.push_to_each(ids.iter().copied(), &message);
    assert_eq!((pushed.queued, pushed.gone, pushed.refused), (900, 101, 0));
    for client in &mut clients {
        assert_eq!(client.receive::<News<'_>>(NEWS).text, "all");
        assert_eq!(client.next_frame(), None);
    }
    assert_eq!(connections.push_to_each([], &message), Pushed::default());
    // A letter to many takes its turn among the others.
    for text in ["1", "2", "3"] {
        let message = connections.message(NEWS, &News { text }).unwrap();
        assert_eq!(connections.push_to_each(ids.iter().copied(), &message).queued, 900);
    }
    connections.push(clients[7].id(), NEWS, &News { text: "4" }).unwrap();
    assert_eq!(connections.push_to_each(ids.iter().copied(), &message).refused, 900);
    for text in ["1", "2", "3", "4"] {
        assert_eq!(clients[7].receive::<News<'_>>(NEWS).text, text);
    }
}

#[test]
fn a_connection_is_closed_from_outside_after_what_was_pushed() {
    let (server, connections) = server();
    let mut client = server.connect();
    connections.push(client.id(), NEWS, &News { text: "farewell" }).unwrap();
    connections.close(client.id()).unwrap();
    connections.push(client.id(), NEWS, &News { text: "too late" }).unwrap();
    assert_eq!(client.receive::<News<'_>>(NEWS).text, "farewell");
    assert_eq!(client.next_frame(), None);
    assert_eq!(client.reason(), Some(Reason::Service));
    assert_eq!(server.stats().pushes_gone, 1);
}

#[test]
fn what_was_pushed_before_a_shutdown_arrives_and_later_pushes_are_told() {
    let (server, connections) = server();
    let mut client = server.connect();
    for text in ["1", "2", "3"] {
        connections.push(client.id(), NEWS, &News { text }).unwrap();
    }
    server.shutdown();
    for text in ["1", "2", "3"] {
        assert_eq!(client.receive::<News<'_>>(NEWS).text, text);
    }
    assert_eq!(client.reason(), Some(Reason::ShutDown));
    let late = connections.push(client.id(), NEWS, &News { text: "4" });
    assert_eq!(late, Err(PushError::ShutDown));
    assert_eq!((server.stats().pushes, server.stats().pushes_gone), (3, 0));
}

#[test]
fn a_slow_reader_is_closed_at_the_limit_by_default() {
    let (server, connections) = server();
    let client = slow(&server);
    let message = connections.message(NEWS, &Payload(&[1; 60_000])).unwrap();
    let mut pushed = 0;
    while connections.push_message(client.id(), &message).is_ok() {
        server.settle();
        pushed += 1;
        assert!(pushed < 100, "there is a limit");
    }
    assert_eq!(client.reason(), Some(Reason::Overflow));
    assert!(pushed > 10, "{pushed} of 60 KB each are far from 1 MiB");
    assert_eq!(server.stats().pushes_gone, 1, "the one that was too much");
}

#[test]
fn for_a_slow_reader_the_newest_is_dropped_where_the_packet_says_so() {
    let (server, connections) = server();
    let mut client = slow(&server);
    for mood in 0..20 {
        connections.push(client.id(), MOOD, &Mood { mood }).unwrap();
        server.settle();
    }
    assert_eq!(server.stats().pushes_dropped, 20);
    client.read_again();
    for _ in 0..3 {
        client.receive::<Payload<'_>>(FLOOD);
    }
    assert_eq!(client.next_frame(), None);
    connections.push(client.id(), MOOD, &Mood { mood: 99 }).unwrap();
    assert_eq!(client.receive::<Mood>(MOOD).mood, 99);
}

#[test]
fn for_a_slow_reader_the_latest_of_each_command_is_kept() {
    let (server, connections) = server();
    let mut client = slow(&server);
    for x in 0..20 {
        connections.push(client.id(), PLACE, &Place { x }).unwrap();
        let mood = connections.message(MOOD, &Mood { mood: x as u8 }).unwrap();
        connections.push_message(client.id(), &mood.on_overflow(Overflow::KeepLatest)).unwrap();
        server.settle();
    }
    let pushes = || (server.stats().pushes, server.stats().pushes_dropped, server.stats().pushes_gone);
    assert_eq!(pushes(), (0, 38, 0), "what waits aside has not left");
    assert_eq!(server.handle().metrics().pushes_dropped, [(PLACE, 19), (MOOD, 19)].into());
    client.read_again();
    for _ in 0..3 {
        client.receive::<Payload<'_>>(FLOOD);
    }
    assert_eq!(client.receive::<Place>(PLACE).x, 19);
    assert_eq!(client.receive::<Mood>(MOOD).mood, 19);
    assert_eq!(client.next_frame(), None);
    connections.push(client.id(), PLACE, &Place { x: 100 }).unwrap();
    assert_eq!(client.receive::<Place>(PLACE).x, 100);
    assert_eq!(pushes(), (3, 38, 0));
}

#[test]
fn for_a_slow_reader_the_latest_of_each_key_is_kept() {
    let server = TestServer::new(builder().kept_pushes(3, 1 << 20).connections(8));
    let connections = server.connections();
    let mut client = slow(&server);
    for x in 0..20 {
        // The fourth key finds no room.
        let place = connections.message(PLACE, &Place { x }).unwrap().keyed(u64::from(x) % 4);
        connections.push_message(client.id(), &place).unwrap();
        server.settle();
    }
    assert_eq!((server.stats().pushes, server.stats().pushes_dropped), (0, 17));
    client.read_again();
    for _ in 0..3 {
        client.receive::<Payload<'_>>(FLOOD);
    }
    assert_eq!([(); 3].map(|()| client.receive::<Place>(PLACE).x), [16, 17, 18]);
    assert_eq!(client.next_frame(), None);
    assert_eq!((server.stats().pushes, server.stats().pushes_dropped), (3, 17));
}

#[test]
fn what_was_kept_for_one_is_not_sent_to_the_next() {
    let (server, connections) = server();
    let mut first = slow(&server);
    connections.push(first.id(), PLACE, &Place { x: 1 }).unwrap();
    server.settle();
    first.reset();
    assert_eq!((server.stats().pushes, server.stats().pushes_gone), (0, 1));
    let mut second = slow(&server);
    connections.push(second.id(), MOOD, &Mood { mood: 1 }).unwrap();
    second.read_again();
    for _ in 0..3 {
        second.receive::<Payload<'_>>(FLOOD);
    }
    assert_eq!(second.next_frame(), None);
}

#[test]
fn after_the_end_nobody_can_be_reached() {
    let (server, connections) = server();
    let client = server.connect();
    let id = client.id();
    server.shutdown();
    server.advance(Duration::from_secs(10));
    assert_eq!(connections.push(id, NEWS, &Payload(b"")), Err(PushError::ShutDown));
}

#[test]
#[should_panic(expected = "a mailbox of 0 pushes: it is 1 to 1048576")]
fn a_mailbox_has_room() {
    TestServer::new(builder().mailbox(0));
}
