//! Users and groups whose connections come and go on two workers, over real sockets.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use mario::{
    BindError, Close, Conn, Connections, Others, Packet, Payload, PushError, SendError, Server, Service,
};
use support::{Client, eventually, frame};

const LOG_IN: u16 = 0x0201;
const JOIN: u16 = 0x0202;
const LEAVE: u16 = 0x0203;
const NEWS: u16 = 0x0204;

const GROUP: u64 = 5;

struct Gateway;

impl Service for Gateway {
    type Session = ();
    type Worker = ();
}

#[derive(Packet)]
struct LogIn {
    uid: u64,
    /// 0 kicks the others, 1 is refused for one, and more may be together.
    most: u8,
}

#[mario::command(LOG_IN)]
fn log_in(conn: &mut Conn<'_, Gateway>, request: LogIn) -> Result<Payload<'static>, Close> {
    let others = match request.most {
        0 => Others::Kick,
        1 => Others::Refuse,
        most => Others::Keep(most.into()),
    };
    match conn.bind(request.uid, others) {
        Ok(_) => Ok(Payload(b"in")),
        Err(BindError::Taken { .. }) => Ok(Payload(b"no")),
        Err(_) => Err(Close),
    }
}

#[mario::command(JOIN)]
fn join(conn: &mut Conn<'_, Gateway>) -> Result<(), Close> {
    conn.join(GROUP)?;
    conn.reply(&Payload(b""))?;
    Ok(())
}

#[mario::command(LEAVE)]
fn leave(conn: &mut Conn<'_, Gateway>) -> Result<(), SendError> {
    conn.leave(GROUP);
    conn.reply(&Payload(b""))
}

fn start() -> Server {
    let commands = mario::commands![log_in, join, leave];
    Server::builder(Gateway, commands).bind("127.0.0.1:0").workers(2).start().unwrap()
}

/// So many log in as one user, all at once; the answers.
fn log_in_at_once(server: &Server, clients: &mut [Client], uid: u64, most: u8) -> usize {
    let request = [&uid.to_le_bytes()[..], &[most]].concat();
    let at_once = Barrier::new(clients.len());
    thread::scope(|scope| {
        let logins: Vec<_> = clients
            .iter_mut()
            .map(|client| {
                let (at_once, request) = (&at_once, frame(LOG_IN, &request));
                scope.spawn(move || {
                    at_once.wait();
                    client.send(&request);
                    // Who is kicked has had its answer before.
                    client.receive(10) == frame(LOG_IN, b"in")
                })
            })
            .collect();
        let is_in = logins.into_iter().map(|login| usize::from(login.join().unwrap())).sum();
        assert!(server.connections().is_online(uid));
        is_in
    })
}

fn connect(server: &Server, count: usize) -> Vec<Client> {
    (0..count).map(|_| Client::connect(server.local_addr())).collect()
}

const AT_ONCE: usize = 8;
const ROUNDS: u64 = 40;

#[test]
fn of_those_who_kick_each_other_one_is_left() {
    let server = start();
    let connections = server.connections();
    for uid in 0..ROUNDS {
        let mut clients = connect(&server, AT_ONCE);
        assert_eq!(log_in_at_once(&server, &mut clients, uid, 0), AT_ONCE);
        eventually("all others have gone", || server.stats().open == 1);
        assert_eq!(connections.of_user(uid).len(), 1);
        // It is the one that the user's name reaches.
        connections.push_to_user(uid, NEWS, &Payload(b"you")).unwrap();
        connections.close(connections.of_user(uid)[0]).unwrap();
        let last: Vec<_> = clients.into_iter().map(|mut client| client.receive_all()).collect();
        assert_eq!(last.iter().filter(|all| **all == frame(NEWS, b"you")).count(), 1);
        assert_eq!(last.iter().filter(|all| all.is_empty()).count(), AT_ONCE - 1);
        eventually("its place is free", || server.stats().open == 0 && connections.online() == 0);
    }
}

#[test]
fn of_those_who_may_not_be_two_one_is_in() {
    let server = start();
    let mut clients = connect(&server, AT_ONCE);
    for uid in 0..ROUNDS {
        assert_eq!(log_in_at_once(&server, &mut clients, uid, 1), 1);
        assert_eq!(server.connections().of_user(uid).len(), 1);
    }
    assert_eq!(server.stats().open, AT_ONCE as u64);
}

#[test]
fn of_those_who_may_be_several_so_many_are_in() {
    let server = start();
    let mut clients = connect(&server, AT_ONCE);
    for uid in 0..ROUNDS {
        for most in [3, AT_ONCE] {
            let uid = 2 * uid + u64::from(most == 3);
            assert_eq!(log_in_at_once(&server, &mut clients, uid, most as u8), most);
            assert_eq!(server.connections().of_user(uid).len(), most);
        }
    }
    assert_eq!(server.stats().open, AT_ONCE as u64);
}

/// Pushes as soon as there is room on all workers, so that nobody gets a number twice.
fn publish(connections: &Connections, number: u32) {
    loop {
        match connections.push_to_group(GROUP, NEWS, &Payload(&number.to_le_bytes())) {
            Ok(()) => return,
            Err(PushError::Partly { refused: 2, workers: 2 }) => thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
}

/// The number of a message; `None` for anything else.
fn number(bytes: &[u8]) -> Option<u32> {
    let number = bytes.get(8..12)?.try_into().ok().map(u32::from_le_bytes)?;
    (bytes == frame(NEWS, &number.to_le_bytes())).then_some(number)
}

/// Takes numbers, each the next one, up to the answer to this command; how many came.
fn numbers_until(client: &mut Client, command: u16, last: &mut Option<u32>) -> usize {
    let mut count = 0;
    loop {
        let header = client.receive(8);
        if header == frame(command, b"") {
            return count;
        }
        let bytes = [header, client.receive(4)].concat();
        let next = number(&bytes).unwrap_or_else(|| panic!("{bytes:?}"));
        assert!(last.is_none_or(|last| next == last + 1), "{next} after {last:?}");
        (*last, count) = (Some(next), count + 1);
    }
}

/// While numbers are sent to the group, some are in it all the time, and others come, stay for a few, and leave or end.
/// From the answer to its joining to that to its leaving, each gets every number once and in order; after that at most the
/// one that was on its way already.
#[test]
fn members_get_all_that_is_sent_while_they_are_members_and_no_more() {
    const LAST: u32 = 3_000;
    let server = start();
    let connections = server.connections();
    let mut stay = connect(&server, 6);
    for client in &mut stay {
        client.send(&frame(JOIN, b""));
        assert_eq!(client.receive(8), frame(JOIN, b""));
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let guests: Vec<_> = (0..3u32)
        .map(|guest| {
            let (address, is_over) = (server.local_addr(), Arc::clone(&is_over));
            thread::spawn(move || {
                let (mut visits, mut last) = (0, None);
                let mut client = Client::connect(address);
                while !is_over.load(Ordering::Relaxed) {
                    client.send(&frame(JOIN, b""));
                    assert!(numbers_until(&mut client, JOIN, &mut last) <= 1);
                    last = None;
                    client.send(&frame(LEAVE, b""));
                    numbers_until(&mut client, LEAVE, &mut last);
                    visits += 1;
                    if visits % 3 == guest {
                        // Its next visit is by another connection, in whatever slot.
                        client.send(&frame(JOIN, b""));
                        client = Client::connect(address);
                        last = None;
                    }
                }
                visits
            })
        })
        .collect();
    for number in 0..LAST {
        publish(&connections, number);
    }
    for client in &mut stay {
        for expected in 0..LAST {
            assert_eq!(number(&client.receive(12)), Some(expected));
        }
    }
    is_over.store(true, Ordering::Relaxed);
    let visits: Vec<_> = guests.into_iter().map(|guest| guest.join().unwrap()).collect();
    assert!(visits.iter().all(|visits| *visits > 0), "{visits:?}");
}
