//! Pushes and answers between threads, over real sockets.

mod support;

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use mario::{
    Builder, Close, Conn, ConnId, Connections, Others, Packet, Payload, PushError, Reason, Reply, Server,
    Service,
};
use support::{Client, LIMIT, eventually, frame};

const PUSHED: u16 = 0x0201;
const PROD: u16 = 0x0202;
const LOG_IN: u16 = 0x0203;
const HOLD: u16 = 0x0204;
const LATER: u16 = 0x0205;
const NOW: u16 = 0x0206;

/// Tells which connections come and go.
struct Hub(Sender<Event>);

#[derive(Debug, PartialEq)]
enum Event {
    Came(ConnId),
    Went(ConnId, Reason),
    Held(ConnId),
}

impl Service for Hub {
    type Session = ();
    type Worker = ();

    fn connected(&self, conn: &mut Conn<'_, Self>) {
        let _ = self.0.send(Event::Came(conn.id()));
    }

    fn disconnected(&self, conn: &mut Conn<'_, Self>, reason: Reason) {
        let _ = self.0.send(Event::Went(conn.id(), reason));
    }
}

/// Pushes to its own connection what it was sent, and replies nothing.
#[mario::command(PROD)]
fn prod(conn: &mut Conn<'_, Hub>, request: Payload<'_>) {
    conn.connections().push(conn.id(), PUSHED, &request).unwrap();
}

/// Is a user from now on.
#[mario::command(LOG_IN)]
fn log_in(conn: &mut Conn<'_, Hub>) -> Result<(), Close> {
    conn.bind(7u64, Others::Keep(100))?;
    conn.send(PUSHED, &Payload(b"in"))?;
    Ok(())
}

/// Holds up its worker until the user is there.
#[mario::command(HOLD)]
fn hold(conn: &mut Conn<'_, Hub>) {
    let _ = conn.service().0.send(Event::Held(conn.id()));
    eventually("somebody logs in", || conn.connections().is_online(7u64));
}

#[derive(Packet)]
struct Mark {
    round: u32,
    number: u8,
}

#[mario::command(LATER)]
fn later(_conn: &mut Conn<'_, Hub>, request: Mark, reply: Reply<Mark>) {
    thread::spawn(move || reply.send(request));
}

#[mario::command(NOW)]
fn now(_conn: &mut Conn<'_, Hub>, request: Mark) -> Mark {
    request
}

fn start(settings: impl FnOnce(Builder<Hub>) -> Builder<Hub>) -> (Server, Receiver<Event>) {
    let (sender, events) = mpsc::channel();
    let builder = Server::builder(Hub(sender), mario::commands![prod, log_in, hold, later, now])
        .bind("127.0.0.1:0")
        .workers(2);
    (settings(builder).start().unwrap(), events)
}

fn connect(server: &Server, events: &Receiver<Event>) -> (Client, ConnId) {
    let client = Client::connect(server.local_addr());
    match events.recv_timeout(LIMIT) {
        Ok(Event::Came(id)) => (client, id),
        other => panic!("{other:?}"),
    }
}

/// Pushes as soon as there is room.
fn push(connections: &Connections, id: ConnId, payload: &[u8]) {
    loop {
        match connections.push(id, PUSHED, &Payload(payload)) {
            Ok(()) => return,
            Err(PushError::Full(_)) => thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn many_threads_push_to_one_connection_and_each_in_its_order() {
    const THREADS: u8 = 4;
    const EACH: u32 = 5_000;
    let (server, events) = start(|builder| builder.mailbox(64));
    let (mut client, id) = connect(&server, &events);
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let connections = server.connections();
            thread::spawn(move || {
                for number in 0..EACH {
                    let mut payload = vec![thread];
                    payload.extend(number.to_le_bytes());
                    push(&connections, id, &payload);
                }
            })
        })
        .collect();
    let mut next = [0; THREADS as usize];
    for _ in 0..u32::from(THREADS) * EACH {
        let bytes = client.receive(8 + 5);
        let (thread, number) = (bytes[8], u32::from_le_bytes(bytes[9..].try_into().unwrap()));
        assert_eq!(bytes, frame(PUSHED, &bytes[8..]));
        assert_eq!(number, next[usize::from(thread)], "nothing is lost, doubled or overtaken");
        next[usize::from(thread)] += 1;
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let all = u64::from(THREADS) * u64::from(EACH);
    eventually("all are counted", || server.stats().pushes == all);
}

/// A worker that has nothing to do sleeps, and each push must wake it.
#[test]
fn a_push_wakes_a_worker_that_sleeps() {
    let (server, events) = start(|builder| builder);
    let (mut client, id) = connect(&server, &events);
    for number in 0..2_000u32 {
        server.connections().push(id, PUSHED, &Payload(&number.to_le_bytes())).unwrap();
        assert_eq!(client.receive(12), frame(PUSHED, &number.to_le_bytes()));
    }
    client.send(&frame(PROD, b"me"));
    assert_eq!(client.receive(10), frame(PUSHED, b"me"));
}

/// Slots are used again at once, and each id is known to be stale at once.
#[test]
fn a_stale_id_reaches_nobody_however_fast_connections_come_and_go() {
    let (server, events) = start(|builder| builder.workers(1).connections(2));
    let connections = server.connections();
    let (mut stays, kept) = connect(&server, &events);
    let mut stale = Vec::new();
    for _ in 0..300 {
        let (client, id) = connect(&server, &events);
        push(&connections, id, b"for this one only");
        drop(client);
        assert!(matches!(events.recv_timeout(LIMIT), Ok(Event::Went(gone, _)) if gone == id));
        stale.push(id);
        eventually("its slot is free", || server.stats().open == 1);
    }
    for id in stale {
        assert_eq!(connections.push(id, PUSHED, &Payload(b"stale")), Err(PushError::Gone(id)));
    }
    push(&connections, kept, b"last");
    assert_eq!(stays.receive(12), frame(PUSHED, b"last"));
}

/// While its worker is held up by a handler.
#[test]
fn a_producer_that_outruns_a_worker_is_told_and_nothing_is_lost() {
    let (server, events) = start(|builder| builder.mailbox(2));
    let (mut client, id) = connect(&server, &events);
    let connections = server.connections();
    let mut others = [(); 3].map(|()| connect(&server, &events));
    let other = others.iter_mut().find(|(_, other)| other.worker() != id.worker());
    let (elsewhere, _) = other.expect("the other worker has some of four");
    client.send(&frame(HOLD, b""));
    assert_eq!(events.recv_timeout(LIMIT), Ok(Event::Held(id)));
    // All of this returns, though the worker does nothing until it is told to go on.
    for number in 0..2u8 {
        assert_eq!(connections.push(id, PUSHED, &Payload(&[number])), Ok(()));
    }
    let message = connections.message(PUSHED, &Payload(b"")).unwrap();
    for _ in 0..100 {
        assert_eq!(connections.push_message(id, &message), Err(PushError::Full(2)));
        assert_eq!(connections.push_to_each([id], &message).refused, 1);
        assert_eq!(connections.close(id), Err(PushError::Full(2)));
    }
    let partly = PushError::Partly { refused: 1, workers: 2 };
    assert_eq!(connections.push_message_to_group(7u64, &message), Err(partly));
    elsewhere.send(&frame(LOG_IN, b""));
    for number in 0..2u8 {
        assert_eq!(client.receive(9), frame(PUSHED, &[number]));
    }
    push(&connections, id, b"on");
    assert_eq!(client.receive(10), frame(PUSHED, b"on"));
}

#[test]
fn answers_from_another_thread_leave_in_the_order_of_the_requests() {
    let (server, events) = start(|builder| builder);
    let (mut client, _) = connect(&server, &events);
    for round in 0..100u32 {
        let requests = [(LATER, 0u8), (NOW, 1), (LATER, 2), (LATER, 3), (NOW, 4)];
        let payload = |number: u8| [&round.to_le_bytes()[..], &[number]].concat();
        let frames: Vec<_> =
            requests.iter().map(|(command, number)| frame(*command, &payload(*number))).collect();
        client.send(&frames.concat());
        for expected in frames {
            assert_eq!(client.receive(13), expected);
        }
    }
}

#[test]
fn a_connection_is_closed_from_any_thread() {
    let (server, events) = start(|builder| builder);
    let (mut client, id) = connect(&server, &events);
    let connections = server.connections();
    thread::spawn(move || {
        push(&connections, id, b"farewell");
        connections.close(id).unwrap();
    })
    .join()
    .unwrap();
    assert_eq!(client.receive_all(), frame(PUSHED, b"farewell"));
    assert_eq!(events.recv_timeout(LIMIT), Ok(Event::Went(id, Reason::Service)));
    server.shutdown().unwrap();
}

/// Members on two workers, each of which gets each message once and in order.
#[test]
fn a_group_is_reached_on_all_workers() {
    let (server, events) = start(|builder| builder);
    let connections = server.connections();
    let mut members: Vec<_> = (0..20).map(|_| connect(&server, &events)).collect();
    assert!((0..2).all(|worker| members.iter().any(|(_, id)| id.worker() == worker)));
    for (_, id) in &members {
        connections.join(*id, 7u64).unwrap();
    }
    let (mut outsider, _) = connect(&server, &events);
    for number in 0..100u32 {
        connections.push_to_group(7u64, PUSHED, &Payload(&number.to_le_bytes())).unwrap();
    }
    connections.push_to_all(PUSHED, &Payload(b"all!")).unwrap();
    for (client, _) in &mut members {
        for number in 0..100u32 {
            assert_eq!(client.receive(12), frame(PUSHED, &number.to_le_bytes()));
        }
        assert_eq!(client.receive(12), frame(PUSHED, b"all!"));
    }
    assert_eq!(outsider.receive(12), frame(PUSHED, b"all!"));
}

/// Handlers on all workers and other threads see the same users.
#[test]
fn a_user_is_reached_on_all_workers() {
    let (server, events) = start(|builder| builder);
    let mut clients: Vec<_> = (0..10).map(|_| connect(&server, &events)).collect();
    assert!((0..2).all(|worker| clients.iter().any(|(_, id)| id.worker() == worker)));
    for (client, _) in &mut clients {
        client.send(&frame(LOG_IN, b""));
        assert_eq!(client.receive(10), frame(PUSHED, b"in"));
    }
    let connections = server.connections();
    assert_eq!((connections.online(), connections.of_user(7u64).len()), (1, 10));
    assert_eq!(connections.push_to_user(7u64, PUSHED, &Payload(b"you")), Ok(()));
    for (mut client, _) in clients {
        assert_eq!(client.receive(11), frame(PUSHED, b"you"));
    }
    eventually("nobody is online", || connections.online() == 0);
}
