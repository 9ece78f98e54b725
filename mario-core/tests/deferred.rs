//! Answers that come later, by `mario::testing`.

use std::sync::Mutex;
use std::thread;

use mario::testing::{TestClient, TestServer};
use mario::{
    Builder, Close, Conn, Error, Packet, Payload, Pool, PoolError, PushError, Reason, Reply, Server, Service,
    Unanswered,
};

const LATER: u16 = 0x0001;
const NOW: u16 = 0x0002;
const FREE: u16 = 0x0003;
const REFUSE: u16 = 0x0004;
const PROGRESS: u16 = 0x0100;

/// Keeps what it owes.
#[derive(Default)]
struct Desk {
    owed: Mutex<Vec<Reply<Number>>>,
    free: Mutex<Vec<Reply<Numbered>>>,
    keeps: bool,
}

impl Service for Desk {
    type Session = ();
    type Worker = ();

    fn unanswered(&self, conn: &mut Conn<'_, Self>, request: Unanswered) -> Result<(), Close> {
        if !self.keeps {
            return Err(Close);
        }
        let number = 1_000_000 + u32::from(request.command());
        match request.command() {
            FREE => request.reply(conn, Numbered { id: 0, number })?,
            _ => request.reply(conn, Number { number })?,
        }
        Ok(())
    }
}

#[derive(Debug, PartialEq, Packet)]
#[mario(overflow = drop_newest)]
struct Number {
    number: u32,
}

#[derive(Debug, PartialEq, Packet)]
struct Numbered {
    #[mario(correlation)]
    id: u16,
    number: u32,
}

#[mario::command(LATER)]
fn later(conn: &mut Conn<'_, Desk>, reply: Reply<Number>) {
    assert_eq!(reply.id(), conn.id());
    conn.service().owed.lock().unwrap().push(reply);
}

#[mario::command(NOW)]
fn now(_conn: &mut Conn<'_, Desk>, request: Number) -> Number {
    request
}

#[mario::command(FREE)]
fn free(conn: &mut Conn<'_, Desk>, request: Numbered, reply: Reply<Numbered>) {
    assert!(request.number < 100);
    conn.service().free.lock().unwrap().push(reply);
}

#[mario::command(REFUSE)]
fn refuse(_conn: &mut Conn<'_, Desk>, reply: Reply<Number>) -> Result<(), Close> {
    reply.close();
    Ok(())
}

fn builder(desk: Desk) -> Builder<Desk> {
    Server::builder(desk, mario::commands![later, now, free, refuse]).deferred(3)
}

fn server() -> TestServer<Desk> {
    TestServer::new(builder(Desk::default()))
}

fn owed(server: &TestServer<Desk>) -> Reply<Number> {
    server.service().owed.lock().unwrap().remove(0)
}

fn answer(server: &TestServer<Desk>, number: u32) {
    owed(server).send(Number { number }).unwrap();
}

fn asks_now(client: &mut TestClient<Desk>, number: u32) {
    client.send(NOW, &Number { number });
}

/// What a packet says of a slow peer is for pushes: a client counts on its answers.
#[test]
fn an_answer_to_a_slow_reader_is_not_dropped() {
    let server = server();
    let mut client = server.connect();
    client.send(LATER, &Payload(b""));
    client.stop_reading();
    for _ in 0..3 {
        server.connections().push(client.id(), 0x0100, &Payload(&[7; 60_000])).unwrap();
    }
    server.connections().push(client.id(), 0x0101, &Number { number: 1 }).unwrap();
    server.settle();
    assert_eq!(server.stats().pushes_dropped, 1, "above the high-water mark");
    answer(&server, 2);
    client.read_again();
    for _ in 0..3 {
        client.receive::<Payload<'_>>(0x0100);
    }
    assert_eq!(client.receive::<Number>(LATER).number, 2);
}

#[test]
fn answers_leave_in_the_order_of_the_requests() {
    let server = server();
    let mut client = server.connect();
    asks_now(&mut client, 1);
    client.send(LATER, &Payload(b""));
    asks_now(&mut client, 3);
    client.send(LATER, &Payload(b""));
    asks_now(&mut client, 5);
    assert_eq!(client.receive::<Number>(NOW).number, 1);
    assert_eq!(client.next_frame(), None);
    assert_eq!(server.service().owed.lock().unwrap().len(), 1, "the next ones wait");
    answer(&server, 2);
    assert_eq!(client.receive::<Number>(LATER).number, 2);
    assert_eq!(client.receive::<Number>(NOW).number, 3);
    assert_eq!(client.next_frame(), None);
    answer(&server, 4);
    assert_eq!(client.receive::<Number>(LATER).number, 4);
    assert_eq!(client.receive::<Number>(NOW).number, 5);
    asks_now(&mut client, 6);
    assert_eq!(client.receive::<Number>(NOW).number, 6);
}

#[test]
fn with_a_correlation_each_leaves_when_it_comes() {
    let server = server();
    let mut client = server.connect();
    for id in [7, 8, 9] {
        client.send(FREE, &Numbered { id, number: 0 });
    }
    asks_now(&mut client, 1);
    assert_eq!(client.receive::<Number>(NOW).number, 1);
    for (which, number) in [(2, 30), (0, 10), (0, 20)] {
        let reply = server.service().free.lock().unwrap().remove(which);
        // Whatever the handler writes there, the number is the request's.
        reply.send(Numbered { id: 0, number }).unwrap();
    }
    assert_eq!(client.receive::<Numbered>(FREE), Numbered { id: 9, number: 30 });
    assert_eq!(client.receive::<Numbered>(FREE), Numbered { id: 7, number: 10 });
    assert_eq!(client.receive::<Numbered>(FREE), Numbered { id: 8, number: 20 });
}

#[test]
fn an_answer_with_a_correlation_lets_no_others_go_before_one_without() {
    let server = server();
    let mut client = server.connect();
    client.send(FREE, &Numbered { id: 7, number: 0 });
    client.send(LATER, &Payload(b""));
    asks_now(&mut client, 3);
    server.service().free.lock().unwrap().remove(0).send(Numbered { id: 0, number: 1 }).unwrap();
    assert_eq!(client.receive::<Numbered>(FREE), Numbered { id: 7, number: 1 });
    assert_eq!(client.next_frame(), None, "the answer before it is still owed");
    answer(&server, 2);
    assert_eq!(client.receive::<Number>(LATER).number, 2);
    assert_eq!(client.receive::<Number>(NOW).number, 3);
}

/// To one connection, in the order in which one thread asks for it.
#[test]
fn answers_and_pushes_of_one_thread_keep_their_order() {
    let server = server();
    let mut client = server.connect();
    for id in 0..2 {
        client.send(FREE, &Numbered { id, number: 0 });
    }
    let push = |number| server.connections().push(client.id(), PROGRESS, &Number { number }).unwrap();
    for (id, number) in [(0, 10), (1, 20)] {
        push(number);
        push(number + 1);
        server.service().free.lock().unwrap().remove(0).send(Numbered { id, number }).unwrap();
    }
    push(30);
    for (id, number) in [(0, 10), (1, 20)] {
        assert_eq!(client.receive::<Number>(PROGRESS).number, number);
        assert_eq!(client.receive::<Number>(PROGRESS).number, number + 1);
        assert_eq!(client.receive::<Numbered>(FREE), Numbered { id, number });
    }
    assert_eq!(client.receive::<Number>(PROGRESS).number, 30);
}

#[test]
fn a_client_that_waits_is_not_timed_out_and_one_that_left_costs_nothing() {
    let server = TestServer::new(builder(Desk::default()).read_timeout(std::time::Duration::from_secs(60)));
    let mut client = server.connect();
    client.send(LATER, &Payload(b""));
    server.advance(std::time::Duration::from_secs(3600));
    assert_eq!(client.reason(), None);
    answer(&server, 1);
    assert_eq!(client.receive::<Number>(LATER).number, 1);
    client.send(LATER, &Payload(b""));
    let id = client.id();
    server.connections().close(id).unwrap();
    server.settle();
    assert_eq!(owed(&server).send(Number { number: 2 }), Err(PushError::Gone(id)));
    assert_eq!(client.next_frame(), None);
    let mut next = server.connect();
    assert_eq!(next.next_frame(), None, "whoever has the slot now gets nothing of it");
}

#[test]
fn what_is_never_answered_closes_or_is_answered_by_the_service() {
    let server = server();
    let mut client = server.connect();
    client.send(LATER, &Payload(b""));
    drop(owed(&server));
    assert_eq!(client.reason(), Some(Reason::Unanswered(LATER)));
    assert_eq!(server.stats().unanswered, 1);

    let server = TestServer::new(builder(Desk { keeps: true, ..Desk::default() }));
    let mut client = server.connect();
    client.send(LATER, &Payload(b""));
    asks_now(&mut client, 2);
    let reply = owed(&server);
    let panicked = thread::spawn(move || {
        let _reply = reply;
        panic!("as the test wants it");
    });
    assert!(panicked.join().is_err());
    assert_eq!(client.receive::<Number>(LATER).number, 1_000_001);
    assert_eq!(client.receive::<Number>(NOW).number, 2);
    client.send(FREE, &Numbered { id: 77, number: 0 });
    server.service().free.lock().unwrap().clear();
    assert_eq!(client.receive::<Numbered>(FREE), Numbered { id: 77, number: 1_000_003 });
}

#[test]
fn an_answer_may_be_to_close() {
    let server = server();
    let mut client = server.connect();
    client.send(REFUSE, &Payload(b""));
    assert_eq!(client.reason(), Some(Reason::Service));
}

#[test]
fn no_more_are_owed_than_there_is_room_for() {
    let server = server();
    let mut client = server.connect();
    for id in 0..3 {
        client.send(FREE, &Numbered { id, number: 0 });
    }
    let mut other = server.connect();
    other.send(LATER, &Payload(b""));
    assert_eq!(other.reason(), Some(Reason::Overflow));
    drop(client);
    server.settle();
    server.service().free.lock().unwrap().clear();
    let mut third = server.connect();
    third.send(LATER, &Payload(b""));
    answer(&server, 1);
    assert_eq!(third.receive::<Number>(LATER).number, 1);
}

#[test]
fn a_pool_has_a_queue_that_fits_into_memory() {
    for queue in [0, (1 << 20) + 1, usize::MAX] {
        let error = Pool::new(1, queue).unwrap_err();
        assert!(matches!(error, Error::PoolQueue(found) if found == queue), "{error}");
    }
    assert!(Pool::new(1, 1 << 20).is_ok());
}

#[test]
fn a_pool_does_all_that_it_takes_and_no_more() {
    let (sender, results) = std::sync::mpsc::channel();
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let pool = Pool::new(1, 2).unwrap();
    let (begun, waiting) = std::sync::mpsc::channel();
    let first = sender.clone();
    pool.run(move || {
        begun.send(()).unwrap();
        let _ = gate.recv();
        first.send(0).unwrap();
    })
    .unwrap();
    waiting.recv().unwrap();
    pool.run(|| panic!("as the test wants it")).unwrap();
    let last = sender.clone();
    pool.run(move || last.send(2).unwrap()).unwrap();
    assert_eq!(pool.run(move || sender.send(3).unwrap()), Err(PoolError::Full(2)));
    drop(open);
    drop(pool);
    assert_eq!(results.iter().collect::<Vec<_>>(), [0, 2]);
}
