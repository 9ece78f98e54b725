//! Users and groups, by `mario::testing`.

use std::sync::Mutex;

use mario::testing::{TestClient, TestServer};
use mario::{
    BindError, Builder, Conn, Connections, JoinError, Name, Others, Packet, Payload, PushError, Reason,
    Server, Service,
};

const LOG_IN: u16 = 0x0001;
const LOG_OUT: u16 = 0x0002;
const JOIN: u16 = 0x0003;
const LEAVE: u16 = 0x0004;
const SAY: u16 = 0x0005;
const SAID: u16 = 0x0100;

struct Chat {
    others: Others,
    /// Who was bound when the connection ended, and why it did.
    ends: Mutex<Vec<(Option<Name>, Reason)>>,
}

impl Service for Chat {
    type Session = ();
    type Worker = ();

    fn disconnected(&self, conn: &mut Conn<'_, Self>, reason: Reason) {
        self.ends.lock().unwrap().push((conn.user(), reason));
        assert_eq!(conn.bind(1u64, self.others), Err(BindError::Closed));
        assert_eq!(conn.join(1u64), Err(JoinError::Closed));
    }
}

#[derive(Debug, PartialEq, Packet)]
struct Uid {
    uid: u64,
}

#[derive(Debug, PartialEq, Packet)]
struct Room<'a> {
    name: &'a str,
}

#[derive(Debug, PartialEq, Packet)]
struct Say<'a> {
    room: &'a str,
    text: &'a str,
}

#[derive(Debug, PartialEq, Packet)]
struct Outcome {
    count: u32,
}

/// Answers with the number of the user's other connections, or a thousand if the user may not come.
#[mario::command(LOG_IN)]
fn log_in(conn: &mut Conn<'_, Chat>, request: Uid) -> Outcome {
    let others = conn.service().others;
    match conn.bind(request.uid, others) {
        Ok(older) => Outcome { count: older.len() as u32 },
        Err(BindError::Taken { user, connections }) => {
            assert_eq!(user, Name::from(request.uid));
            Outcome { count: 1000 + connections as u32 }
        }
        Err(error) => panic!("{error}"),
    }
}

#[mario::command(LOG_OUT)]
fn log_out(conn: &mut Conn<'_, Chat>) -> Outcome {
    Outcome { count: conn.unbind().is_some().into() }
}

#[mario::command(JOIN)]
fn join(conn: &mut Conn<'_, Chat>, request: Room<'_>) -> Outcome {
    let room = Name::try_from(request.name).unwrap();
    let was_in = conn.is_in(room);
    match conn.join(room) {
        Ok(()) => Outcome { count: was_in.into() },
        Err(error) => {
            assert_eq!(error, JoinError::Full(6));
            Outcome { count: 1000 }
        }
    }
}

#[mario::command(LEAVE)]
fn leave(conn: &mut Conn<'_, Chat>, request: Room<'_>) -> Outcome {
    Outcome { count: conn.leave(Name::try_from(request.name).unwrap()).into() }
}

#[mario::command(SAY)]
fn say(conn: &mut Conn<'_, Chat>, request: Say<'_>) -> Result<(), PushError> {
    let room = Name::try_from(request.room).unwrap();
    conn.connections().push_to_group(room, SAID, &Payload(request.text.as_bytes()))
}

fn builder(others: Others) -> Builder<Chat> {
    let chat = Chat { others, ends: Mutex::default() };
    Server::builder(chat, mario::commands![log_in, log_out, join, leave, say]).memberships(6)
}

fn server(others: Others) -> (TestServer<Chat>, Connections) {
    let server = TestServer::new(builder(others));
    let connections = server.connections();
    (server, connections)
}

fn as_user(client: &mut TestClient<Chat>, uid: u64) -> u32 {
    client.call::<_, Outcome>(LOG_IN, &Uid { uid }).count
}

fn joins(client: &mut TestClient<Chat>, name: &str) -> u32 {
    client.call::<_, Outcome>(JOIN, &Room { name }).count
}

/// All that was said to it.
fn heard(client: &mut TestClient<Chat>) -> Vec<String> {
    let mut heard = Vec::new();
    while let Some(frame) = client.next_frame() {
        assert_eq!(frame.cmd, SAID);
        heard.push(String::from_utf8(frame.payload.to_vec()).unwrap());
    }
    heard
}

#[test]
fn a_user_is_reached_for_as_long_as_a_connection_lasts() {
    let (server, connections) = server(Others::Keep(2));
    let (mut first, mut second) = (server.connect(), server.connect());
    assert_eq!(connections.push_to_user(7u64, SAID, &Payload(b"")), Err(PushError::Offline(7u64.into())));
    assert_eq!((as_user(&mut first, 7), as_user(&mut second, 7)), (0, 1));
    assert_eq!(connections.of_user(7u64), [first.id(), second.id()]);
    assert_eq!(
        (connections.online(), connections.is_online(7u64), connections.is_online(8u64)),
        (1, true, false)
    );
    assert_eq!(connections.push_to_user(7u64, SAID, &Payload(b"both")), Ok(()));
    assert_eq!((heard(&mut first), heard(&mut second)), (vec!["both".into()], vec!["both".into()]));
    first.close();
    assert_eq!(*server.service().ends.lock().unwrap(), [(Some(7u64.into()), Reason::Closed)]);
    assert_eq!(connections.push_to_user(7u64, SAID, &Payload(b"one")), Ok(()));
    assert_eq!(heard(&mut second), ["one"]);
    assert_eq!(second.call::<_, Outcome>(LOG_OUT, &Payload(b"")).count, 1);
    assert_eq!(second.call::<_, Outcome>(LOG_OUT, &Payload(b"")).count, 0);
    assert_eq!((connections.online(), connections.users()), (0, vec![]));
}

#[test]
fn who_comes_again_kicks_the_older_one() {
    let (server, connections) = server(Others::Kick);
    let (mut first, mut second) = (server.connect(), server.connect());
    assert_eq!((as_user(&mut first, 7), as_user(&mut second, 7)), (0, 1));
    assert_eq!((first.reason(), second.reason()), (Some(Reason::Kicked), None));
    assert_eq!(connections.of_user(7u64), [second.id()]);
    assert_eq!(as_user(&mut second, 7), 0, "nobody kicks itself");
    assert_eq!(second.reason(), None);
}

#[test]
fn who_comes_again_is_refused_where_the_older_one_counts() {
    for (others, most) in [(Others::Refuse, 1), (Others::Keep(3), 3)] {
        let (server, connections) = server(others);
        let mut clients: Vec<_> = (0..most).map(|_| server.connect()).collect();
        for (older, client) in clients.iter_mut().enumerate() {
            assert_eq!(as_user(client, 7), older as u32);
        }
        let mut last = server.connect();
        assert_eq!(as_user(&mut last, 7), 1000 + most);
        assert_eq!(as_user(&mut last, 8), 0);
        assert_eq!(as_user(&mut last, 7), 1000 + most, "and is whom it was");
        assert_eq!(connections.of_user(8u64), [last.id()]);
        drop(clients.remove(0));
        assert_eq!(as_user(&mut last, 7), most - 1);
        assert_eq!(connections.of_user(8u64), []);
        assert_eq!(connections.of_user(7u64).last(), Some(&last.id()));
    }
}

#[test]
fn a_group_hears_what_is_said_while_one_is_in_it() {
    let (server, _) = server(Others::Refuse);
    let [mut ann, mut bob, mut eve] = [(); 3].map(|()| server.connect());
    let say = |client: &mut TestClient<Chat>, room, text| client.send(SAY, &Say { room, text });
    assert_eq!((joins(&mut ann, "red"), joins(&mut bob, "red"), joins(&mut eve, "blue")), (0, 0, 0));
    assert_eq!(joins(&mut ann, "red"), 1, "it is in it already");
    say(&mut ann, "red", "one");
    say(&mut eve, "red", "two");
    say(&mut ann, "green", "nobody is there");
    assert_eq!(heard(&mut ann), ["one", "two"]);
    assert_eq!(heard(&mut bob), ["one", "two"]);
    assert_eq!(heard(&mut eve), Vec::<String>::new());
    assert_eq!(ann.call::<_, Outcome>(LEAVE, &Room { name: "red" }).count, 1);
    assert_eq!(ann.call::<_, Outcome>(LEAVE, &Room { name: "red" }).count, 0);
    say(&mut bob, "red", "three");
    assert_eq!((heard(&mut ann), heard(&mut bob)), (vec![], vec!["three".to_owned()]));
    drop(bob);
    let mut next = server.connect();
    say(&mut ann, "red", "four");
    assert_eq!(heard(&mut next), Vec::<String>::new(), "whoever has the slot now is in no group");
}

#[test]
fn memberships_are_bounded_and_free_again() {
    let (server, _) = server(Others::Refuse);
    let (mut ann, mut bob) = (server.connect(), server.connect());
    assert!(["a", "b", "c", "d", "e", "f"].iter().all(|room| joins(&mut ann, room) == 0));
    assert_eq!(joins(&mut bob, "a"), 1000);
    ann.reset();
    assert_eq!(joins(&mut bob, "a"), 0);
}

/// What one thread asks for happens in its order.
#[test]
fn from_outside_joins_sends_and_leaves_keep_their_order() {
    let (server, connections) = server(Others::Refuse);
    let mut client = server.connect();
    let (id, room) = (client.id(), Name::try_from("red").unwrap());
    connections.push_to_group(room, SAID, &Payload(b"before")).unwrap();
    connections.join(id, room).unwrap();
    connections.join(id, room).unwrap();
    connections.push_to_group(room, SAID, &Payload(b"in")).unwrap();
    connections.leave(id, room).unwrap();
    connections.push_to_group(room, SAID, &Payload(b"after")).unwrap();
    connections.join(id, room).unwrap();
    connections.push_to_group(room, SAID, &Payload(b"in again")).unwrap();
    assert_eq!(heard(&mut client), ["in", "in again"]);
    assert_eq!(client.call::<_, Outcome>(LEAVE, &Room { name: "red" }).count, 1);
}

/// More than a worker pushes to in one round.
#[test]
fn each_member_of_a_large_group_gets_it_once_while_others_come_and_go() {
    let server = TestServer::new(builder(Others::Refuse).memberships(3000));
    let connections = server.connections();
    let mut members: Vec<_> = (0..2000).map(|_| server.connect()).collect();
    for member in &mut members {
        connections.join(member.id(), 5u64).unwrap();
        server.settle();
    }
    // Before it has reached all, some have gone, some have left, and others have come.
    connections.push_to_group(5u64, SAID, &Payload(b"hello")).unwrap();
    for member in &members[..20] {
        connections.close(member.id()).unwrap();
    }
    for member in &members[1980..] {
        connections.leave(member.id(), 5u64).unwrap();
    }
    let mut late = server.connect();
    connections.join(late.id(), 5u64).unwrap();
    for member in &mut members {
        assert_eq!(heard(member), ["hello"]);
    }
    assert_eq!(heard(&mut late), Vec::<String>::new());
    connections.push_to_group(5u64, SAID, &Payload(b"again")).unwrap();
    let again: usize = members.iter_mut().map(|member| heard(member).len()).sum();
    assert_eq!((again, heard(&mut late).len()), (1960, 1));
}

#[test]
fn all_are_reached() {
    let (server, connections) = server(Others::Refuse);
    let mut clients: Vec<_> = (0..10).map(|_| server.connect()).collect();
    connections.push_to_all(SAID, &Payload(b"we close soon")).unwrap();
    for client in &mut clients {
        assert_eq!(heard(client), ["we close soon"]);
    }
}

#[test]
fn a_full_mailbox_is_told_to_who_speaks_to_all() {
    let server = TestServer::new(builder(Others::Refuse).mailbox(1));
    let connections = server.connections();
    connections.push_to_all(SAID, &Payload(b"")).unwrap();
    let full = Err(PushError::Partly { refused: 1, workers: 1 });
    assert_eq!(connections.push_to_all(SAID, &Payload(b"")), full);
    assert_eq!(connections.push_to_group(1u64, SAID, &Payload(b"")), full);
    server.settle();
    assert_eq!(connections.push_to_group(1u64, SAID, &Payload(b"")), Ok(()));
}
