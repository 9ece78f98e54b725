//! Answers that come later, by `mario::testing`.

use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use mario::testing::{TestClient, TestServer};
use mario::{
    Builder, Close, Conn, Error, Name, Others, Packet, Payload, Pool, PoolError, PushError, Reason, Reply,
    Server, Service, Unanswered,
};

const LATER: u16 = 0x0001;
const NOW: u16 = 0x0002;
const FREE: u16 = 0x0003;
const REFUSE: u16 = 0x0004;
const LONG: u16 = 0x0005;
const PROGRESS: u16 = 0x0100;

/// Keeps what it owes.
#[derive(Default)]
struct Desk {
    owed: Mutex<Vec<Reply<Number>>>,
    free: Mutex<Vec<Reply<Numbered>>>,
    long: Mutex<Vec<Reply<Payload<'static>>>>,
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

struct Other;

impl Service for Other {
    type Session = ();
    type Worker = ();
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

#[mario::command(LONG)]
fn long(conn: &mut Conn<'_, Desk>, reply: Reply<Payload<'static>>) {
    conn.service().long.lock().unwrap().push(reply);
}

#[mario::command(REFUSE)]
fn refuse(_conn: &mut Conn<'_, Desk>, reply: Reply<Number>) -> Result<(), Close> {
    reply.close();
    Ok(())
}

fn builder(desk: Desk) -> Builder<Desk> {
    Server::builder(desk, mario::commands![later, now, free, refuse, long]).deferred(3)
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

/// Whose the connection is, as seen on its worker; whoever is somebody's is admitted.
fn user(server: &TestServer<Desk>, client: &TestClient<Desk>) -> Option<Name> {
    let (sender, receiver) = mpsc::channel();
    let look = move |conn: &mut Conn<'_, Desk>| sender.send((conn.user(), conn.is_admitted())).unwrap();
    server.connections().with(client.id(), look).unwrap();
    server.settle();
    let (user, is_admitted) = receiver.try_recv().unwrap();
    assert_eq!(user.is_some(), is_admitted);
    user
}

fn log_in(uid: u64, number: u32) -> impl FnOnce(&mut Conn<'_, Desk>) -> Result<Number, Close> + Send {
    move |conn| {
        conn.bind(uid, Others::Refuse)?;
        conn.admit();
        Ok(Number { number })
    }
}

#[test]
fn an_answer_may_do_what_a_handler_may() {
    let server = server();
    let (mut client, mut other) = (server.connect(), server.connect());
    client.send(LATER, &Payload(b""));
    asks_now(&mut client, 2);
    assert_eq!(user(&server, &client), None);
    let reply = owed(&server);
    thread::spawn(move || reply.then(log_in(7, 1)).unwrap()).join().unwrap();
    assert_eq!(client.receive::<Number>(LATER).number, 1);
    assert_eq!(client.receive::<Number>(NOW).number, 2);
    assert_eq!(user(&server, &client), Some(7u64.into()));
    other.send(LATER, &Payload(b""));
    owed(&server).then(log_in(7, 1)).unwrap();
    assert_eq!(other.reason(), Some(Reason::Service), "the user is taken");
    assert_eq!(server.connections().of_user(7u64), [client.id()]);
}

#[test]
fn the_answer_of_a_call_takes_its_place_and_the_correlation() {
    let server = server();
    let mut client = server.connect();
    client.send(FREE, &Numbered { id: 7, number: 0 });
    let push = |number| server.connections().push(client.id(), PROGRESS, &Number { number }).unwrap();
    push(1);
    let reply = server.service().free.lock().unwrap().remove(0);
    let answer = |conn: &mut Conn<'_, Desk>| {
        conn.send(PROGRESS, &Number { number: 2 })?;
        Ok(Numbered { id: 0, number: 3 })
    };
    reply.then(answer).unwrap();
    push(4);
    assert_eq!(client.receive::<Number>(PROGRESS).number, 1);
    assert_eq!(client.receive::<Number>(PROGRESS).number, 2);
    assert_eq!(client.receive::<Numbered>(FREE), Numbered { id: 7, number: 3 });
    assert_eq!(client.receive::<Number>(PROGRESS).number, 4);
}

#[test]
fn a_call_reaches_no_other_connection_and_no_other_service() {
    let server = server();
    let connections = server.connections();
    let mut client = server.connect();
    client.send(LATER, &Payload(b""));
    let refused =
        connections.with(client.id(), |_: &mut Conn<'_, Other>| panic!("it is called")).unwrap_err();
    assert!(matches!(refused, PushError::OtherService(name) if name.ends_with("Other")), "{refused}");
    assert_eq!(owed(&server).then(|_: &mut Conn<'_, Other>| panic!("it is called")), Err(refused));
    assert_eq!(client.reason(), Some(Reason::Unanswered(LATER)), "as one that is dropped");

    let mut client = server.connect();
    client.send(LATER, &Payload(b""));
    let id = client.id();
    let held = Arc::new(());
    let held_too = Arc::clone(&held);
    connections.close(id).unwrap();
    connections.with(id, move |_: &mut Conn<'_, Desk>| panic!("with {held_too:?} it is called")).unwrap();
    let _next = server.connect();
    assert_eq!(Arc::strong_count(&held), 1, "what it had is dropped");
    assert_eq!(connections.with(id, |_: &mut Conn<'_, Desk>| ()), Err(PushError::Gone(id)));
    assert_eq!(owed(&server).then(log_in(7, 1)), Err(PushError::Gone(id)));
    server.settle();
    assert_eq!(connections.online(), 0);
}

#[test]
fn a_call_that_panics_or_can_not_be_sent_costs_its_connection() {
    let server = server();
    let [mut ann, mut bob, eve] = [(); 3].map(|()| server.connect());
    ann.send(LATER, &Payload(b""));
    owed(&server).then(|_: &mut Conn<'_, Desk>| panic!("as the test wants it")).unwrap();
    server.connections().with(eve.id(), |_: &mut Conn<'_, Desk>| panic!("as the test wants it")).unwrap();
    assert_eq!((ann.reason(), eve.reason()), (Some(Reason::Panicked), Some(Reason::Panicked)));
    bob.send(LONG, &Payload(b""));
    let too_long = |_: &mut Conn<'_, Desk>| Ok(Payload(&[0; 70_000]));
    server.service().long.lock().unwrap().remove(0).then(too_long).unwrap();
    assert!(matches!(bob.reason(), Some(Reason::Unsendable(_))));
    assert_eq!(server.stats().panics, 2);
}

#[test]
fn an_answer_that_can_not_be_encoded_leaves_its_request_unanswered() {
    let server = server();
    let mut client = server.connect();
    client.send(LONG, &Payload(b""));
    let error = server.service().long.lock().unwrap().remove(0).send(Payload(&[0; 70_000])).unwrap_err();
    assert!(matches!(error, PushError::Encode(_)), "{error}");
    assert_eq!(client.reason(), Some(Reason::Unanswered(LONG)));
    assert_eq!(server.stats().unanswered, 1);
}

/// Whether or not the connection is still there.
#[test]
fn each_request_that_is_dropped_is_counted() {
    let server = server();
    let [mut closed, mut gone, mut stays] = [(); 3].map(|()| server.connect());
    for client in [&mut closed, &mut gone, &mut stays] {
        client.send(FREE, &Numbered { id: 0, number: 0 });
    }
    server.connections().close(closed.id()).unwrap();
    drop(gone);
    server.settle();
    server.service().free.lock().unwrap().clear();
    server.settle();
    assert_eq!(server.stats().unanswered, 3);
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
    let (sender, results) = mpsc::channel();
    let (open, gate) = mpsc::channel::<()>();
    let pool = Pool::new(1, 2).unwrap();
    let (begun, waiting) = mpsc::channel();
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
