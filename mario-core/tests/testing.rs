//! `mario::testing`: what a user's tests of a service rely on.

use std::sync::Mutex;
use std::time::Duration;

use mario::testing::{TestClient, TestServer};
use mario::{Builder, Conn, Packet, Payload, Reason, Server, Service, Worker};

const ECHO: u16 = 0x0001;
const NAME: u16 = 0x0002;
const FLOOD: u16 = 0x0003;
const PANIC: u16 = 0x0004;
const GO_AWAY: u16 = 0x0102;

/// Keeps what its hooks saw.
#[derive(Default)]
struct Witness {
    seen: Mutex<Vec<String>>,
}

impl Witness {
    fn saw(&self, what: String) {
        self.seen.lock().unwrap().push(what);
    }

    #[track_caller]
    fn has_seen(&self, expected: &[&str]) {
        assert_eq!(std::mem::take(&mut *self.seen.lock().unwrap()), expected);
    }
}

impl Service for Witness {
    type Session = String;
    type Worker = u32;

    fn started(&self, _worker: &mut Worker<'_, Self>) {
        self.saw("started".into());
    }

    fn connected(&self, conn: &mut Conn<'_, Self>) {
        self.saw(format!("{} connected", conn.peer_addr()));
    }

    fn disconnected(&self, conn: &mut Conn<'_, Self>, reason: Reason) {
        self.saw(format!("{} {reason:?}", conn.session()));
    }

    fn draining(&self, conn: &mut Conn<'_, Self>) -> Duration {
        conn.send(GO_AWAY, &Payload(b"")).unwrap();
        Duration::from_secs(10)
    }

    fn tick(&self, worker: &mut Worker<'_, Self>) {
        *worker.state() += 1;
    }
}

#[mario::command(ECHO)]
fn echo<'a>(_conn: &mut Conn<'_, Witness>, request: Payload<'a>) -> Payload<'a> {
    request
}

#[derive(Debug, PartialEq, Packet)]
struct Name<'a> {
    name: &'a str,
}

/// Answers with the name before.
#[mario::command(NAME)]
fn name(conn: &mut Conn<'_, Witness>, request: Name<'_>) -> mario::Result<(), mario::SendError> {
    let before = std::mem::replace(conn.session(), request.name.to_owned());
    conn.reply(&Name { name: &before })
}

#[mario::command(FLOOD)]
fn flood(_conn: &mut Conn<'_, Witness>) -> Payload<'static> {
    Payload(&[7; 20_000])
}

#[derive(Packet)]
#[mario(command = 0x0005, reply = Length)]
struct Measure<'a> {
    text: &'a str,
}

#[derive(Debug, PartialEq, Packet)]
struct Length {
    bytes: u32,
}

#[mario::command]
fn measure(_conn: &mut Conn<'_, Witness>, request: Measure<'_>) -> Length {
    Length { bytes: request.text.len() as u32 }
}

#[mario::command(PANIC)]
fn panics(_conn: &mut Conn<'_, Witness>) {
    panic!("as the test wants it");
}

fn builder() -> Builder<Witness> {
    Server::builder(Witness::default(), mario::commands![echo, name, flood, measure, panics])
}

fn server() -> TestServer<Witness> {
    TestServer::new(builder())
}

fn named(server: &TestServer<Witness>, name: &str) -> TestClient<Witness> {
    let mut client = server.connect();
    let before: Name<'_> = client.call(NAME, &Name { name });
    assert_eq!(before, Name { name: "" });
    client
}

#[test]
fn a_request_knows_its_command_and_reply() {
    let server = server();
    assert_eq!(server.connect().request(&Measure { text: "Mario" }), Length { bytes: 5 });
}

#[test]
fn hooks_and_sessions_are_seen() {
    let server = server();
    server.service().has_seen(&["started"]);
    let mut ann = named(&server, "Ann");
    let bob = named(&server, "Bob");
    server.service().has_seen(&["127.0.0.1:50000 connected", "127.0.0.2:50000 connected"]);
    assert_ne!(ann.id(), bob.id());
    assert_eq!(bob.session(|name| name.clone()), "Bob");
    ann.session(|name| name.push('a'));
    ann.close();
    server.service().has_seen(&["Anna Closed"]);
    assert!(ann.is_closed());
    assert_eq!(ann.reason(), Some(Reason::Closed));
    drop(bob);
    server.settle();
    server.service().has_seen(&["Bob Closed"]);
    let stats = server.stats();
    assert_eq!((stats.accepted, stats.open, stats.frames), (2, 0, 2));
}

#[test]
fn frames_come_whole_from_pieces_and_in_order() {
    let server = server();
    let mut client = server.connect();
    let mut frame = mario::proto::frame_to_vec(mario::proto::DEFAULT_STX, ECHO, &Payload(b"one")).unwrap();
    frame.extend(mario::proto::frame_to_vec(mario::proto::DEFAULT_STX, ECHO, &Payload(b"two")).unwrap());
    for piece in frame.chunks(3) {
        client.send_bytes(piece);
    }
    assert_eq!(client.receive::<Payload<'_>>(ECHO).0, b"one");
    assert_eq!(client.next_frame().unwrap().payload, b"two");
    assert_eq!(client.next_frame(), None);
}

#[test]
fn time_passes_as_told() {
    let server = TestServer::new(
        builder().read_timeout(Duration::from_secs(60)).tick(Duration::from_secs(10)).heartbeat(0x0100),
    );
    let mut client = server.connect();
    server.advance(Duration::from_secs(59));
    assert_eq!(client.reason(), None);
    client.send(0x0100, &Payload(b"beat"));
    assert_eq!(client.receive::<Payload<'_>>(0x0100).0, b"beat");
    server.advance(Duration::from_secs(59));
    assert_eq!(server.worker(|ticks| *ticks), 11);
    assert_eq!(client.reason(), None);
    server.advance(Duration::from_secs(10));
    assert_eq!(client.reason(), Some(Reason::TimedOut));
    // With nobody there, time still passes.
    server.advance(Duration::from_secs(100 * 86_400));
    assert_eq!(server.worker(|ticks| *ticks), 12 + 10 * 86_400);
}

#[test]
fn each_end_has_its_reason() {
    let server = server();
    let mut broken = server.connect();
    broken.reset();
    assert!(matches!(broken.reason(), Some(Reason::Error(_))));
    let mut rubbish = server.connect();
    rubbish.send_bytes(b"GET / HTTP/1.1\r\n\r\n");
    assert!(matches!(rubbish.reason(), Some(Reason::Protocol(_))));
    let mut unknown = server.connect();
    unknown.send(0x0777, &Payload(b""));
    assert_eq!(unknown.reason(), Some(Reason::UnknownCommand(0x0777)));
    let mut malformed = server.connect();
    malformed.send(NAME, &Payload(b"\xff"));
    assert!(matches!(malformed.reason(), Some(Reason::Malformed(NAME, _))));
    let mut panicking = server.connect();
    panicking.send(PANIC, &Payload(b""));
    assert_eq!(panicking.reason(), Some(Reason::Panicked));
    assert_eq!(server.stats().panics, 1);
}

#[test]
fn who_does_not_read_is_paused_and_goes_on_where_it_was() {
    let server = server();
    let mut client = server.connect();
    client.stop_reading();
    for _ in 0..20 {
        client.send(FLOOD, &Payload(b""));
    }
    let frames = server.stats().frames;
    assert!(frames < 20, "{frames} of 20 requests were taken, though nobody reads the replies");
    client.read_again();
    for _ in 0..20 {
        assert_eq!(client.receive::<Payload<'_>>(FLOOD).0, [7; 20_000]);
    }
    client.stop_reading();
    for _ in 0..20 {
        client.send(FLOOD, &Payload(b""));
    }
    server.advance(Duration::from_secs(60));
    assert_eq!(client.reason(), Some(Reason::TimedOut));
}

#[test]
fn whom_no_slot_is_left_for_is_refused() {
    let server = TestServer::new(builder().connections(1));
    let first = server.connect();
    let second = server.connect();
    assert!(second.is_closed() && !first.is_closed());
    assert_eq!(second.reason(), None);
    drop(first);
    assert!(!server.connect().is_closed());
}

#[test]
fn however_many_have_come_each_is_somebody() {
    let server = TestServer::new(Server::builder(Sleeper::default(), mario::commands![]).connections(1));
    for _ in 0..70_000 {
        assert!(!server.connect().is_closed());
        server.settle();
    }
    assert_eq!(server.stats().accepted, 70_000);
}

#[test]
fn a_shutdown_ends_it_all() {
    let server = server();
    let client = named(&server, "Ann");
    server.shutdown();
    assert_eq!(client.reason(), Some(Reason::ShutDown));
    assert!(client.is_closed());
    assert_eq!(server.unflushed(), Some(0));
    server.advance(Duration::from_secs(1));
    assert!(!server.connect().is_closed(), "nobody is there to take it");
}

#[test]
fn a_drain_tells_each_in_its_time() {
    let server = TestServer::new(builder().drain(Duration::from_secs(100)));
    let mut clients: Vec<_> = (0..10).map(|_| server.connect()).collect();
    server.shutdown();
    let mut told = 0;
    for _ in 0..10 {
        server.advance(Duration::from_secs(10));
        for client in &mut clients {
            told += u32::from(client.next_frame().is_some_and(|frame| frame.cmd == GO_AWAY));
        }
    }
    assert_eq!(told, 10);
    // The notice of the last one, who may have had its turn a moment ago, and the second for which it is heard out.
    server.advance(Duration::from_secs(10 + 1 + 1));
    assert!(clients.iter().all(|client| client.reason() == Some(Reason::ShutDown)));
    assert_eq!(server.unflushed(), Some(0));
}

#[test]
fn a_drain_can_be_cut_short() {
    let server = TestServer::new(builder().drain(Duration::from_secs(100)));
    let client = server.connect();
    server.shutdown();
    server.shutdown();
    assert_eq!(client.reason(), None);
    server.shutdown_now();
    assert_eq!((client.reason(), server.unflushed()), (Some(Reason::ShutDown), Some(0)));
}

#[test]
#[should_panic(expected = "a frame of command 0x0001 came, not of 0x0002; its payload: [68, 69]")]
fn another_frame_is_told() {
    let server = server();
    let mut client = server.connect();
    client.send(ECHO, &Payload(b"hi"));
    client.receive::<Name<'_>>(NAME);
}

#[test]
#[should_panic(expected = "nothing came: the connection has ended: UnknownCommand(1911)")]
fn why_nothing_came_is_told() {
    let server = server();
    let mut client = server.connect();
    client.send(0x0777, &Payload(b""));
    client.receive::<Name<'_>>(NAME);
}

#[test]
#[should_panic(expected = "the server does not start: ")]
fn a_setting_out_of_range_is_told() {
    TestServer::new(builder().connections(0));
}

/// Is woken by its worker at two times, close together.
#[derive(Default)]
struct Sleeper {
    calls: Mutex<u32>,
}

impl Service for Sleeper {
    type Session = ();
    type Worker = ();

    fn started(&self, worker: &mut Worker<'_, Self>) {
        for seconds in [60, 61] {
            let call = |service: &Sleeper, _: &mut Worker<'_, Sleeper>| *service.calls.lock().unwrap() += 1;
            worker.after(Duration::from_secs(seconds), call).unwrap();
        }
    }
}

#[test]
fn all_that_is_due_in_the_time_that_passes_happens() {
    let server = TestServer::new(Server::builder(Sleeper::default(), mario::commands![]));
    server.advance(Duration::from_secs(90));
    assert_eq!(*server.service().calls.lock().unwrap(), 2);
}
