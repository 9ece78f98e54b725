//! Users whose connections change in between, by `mario::testing`.
//!
//! What two timers of one time do, they do before the worker looks into its mail.

use std::time::Duration;

use mario::testing::{TestClient, TestServer};
use mario::{
    BindError, Builder, Close, Conn, Connections, Others, Packet, Payload, PushError, Reason, Server, Service,
};

const LOG_IN: u16 = 0x0001;
const LOG_IN_SOON: u16 = 0x0002;
const LOG_OUT_SOON: u16 = 0x0003;
const HAND_ON: u16 = 0x0004;
const LOG_IN_BUSY: u16 = 0x0005;
const NEWS: u16 = 0x0100;

struct Gateway;

impl Service for Gateway {
    /// Whose it is to be soon.
    type Session = u64;
    type Worker = ();
}

#[derive(Debug, PartialEq, Packet)]
struct Uid {
    uid: u64,
}

#[derive(Debug, PartialEq, Packet)]
struct Outcome {
    is_bound: bool,
}

#[mario::command(LOG_IN)]
fn log_in(conn: &mut Conn<'_, Gateway>, request: Uid) -> Result<Outcome, Close> {
    conn.bind(request.uid, Others::Keep(3))?;
    Ok(Outcome { is_bound: true })
}

#[mario::command(LOG_IN_SOON)]
fn log_in_soon(conn: &mut Conn<'_, Gateway>, request: Uid) -> Result<(), Close> {
    *conn.session() = request.uid;
    conn.after(Duration::from_secs(1), |conn| {
        let uid = *conn.session();
        conn.bind(uid, Others::Kick).unwrap();
    })?;
    Ok(())
}

#[mario::command(LOG_OUT_SOON)]
fn log_out_soon(conn: &mut Conn<'_, Gateway>) -> Result<(), Close> {
    conn.after(Duration::from_secs(1), |conn| {
        conn.unbind();
    })?;
    Ok(())
}

/// Somebody sends mail to a user whose connection is another's when the worker comes to it.
#[mario::command(HAND_ON)]
fn hand_on(conn: &mut Conn<'_, Gateway>, to: Uid) -> Result<Outcome, Close> {
    let user = conn.user().ok_or(Close)?;
    conn.connections().push_to_user(user, NEWS, &Payload(b"secret"))?;
    conn.bind(to.uid, Others::Kick)?;
    Ok(Outcome { is_bound: true })
}

/// Has others to kick while its worker's mailbox has little room.
#[mario::command(LOG_IN_BUSY)]
fn log_in_busy(conn: &mut Conn<'_, Gateway>, request: Uid) -> Outcome {
    conn.connections().push(conn.id(), NEWS, &Payload(b"")).unwrap();
    match conn.bind(request.uid, Others::Kick) {
        Ok(_) => Outcome { is_bound: true },
        Err(BindError::Busy) => Outcome { is_bound: false },
        Err(error) => panic!("{error}"),
    }
}

fn builder() -> Builder<Gateway> {
    Server::builder(Gateway, mario::commands![log_in, log_in_soon, log_out_soon, hand_on, log_in_busy])
}

fn server() -> (TestServer<Gateway>, Connections) {
    let server = TestServer::new(builder());
    let connections = server.connections();
    (server, connections)
}

fn bound(server: &TestServer<Gateway>, uid: u64) -> TestClient<Gateway> {
    let mut client = server.connect();
    assert!(client.call::<_, Outcome>(LOG_IN, &Uid { uid }).is_bound);
    client
}

#[test]
fn who_has_logged_out_before_the_kick_comes_stays() {
    let (server, connections) = server();
    let (mut older, mut newer) = (bound(&server, 7), server.connect());
    newer.send(LOG_IN_SOON, &Uid { uid: 7 });
    older.send(LOG_OUT_SOON, &Payload(b""));
    server.advance(Duration::from_secs(2));
    assert_eq!((older.reason(), newer.reason()), (None, None));
    assert_eq!(connections.of_user(7u64), [newer.id()]);
}

#[test]
fn who_is_another_user_before_the_kick_comes_stays() {
    let (server, connections) = server();
    let (mut older, mut newer) = (bound(&server, 7), server.connect());
    newer.send(LOG_IN_SOON, &Uid { uid: 7 });
    older.send(LOG_IN_SOON, &Uid { uid: 8 });
    server.advance(Duration::from_secs(2));
    assert_eq!((older.reason(), newer.reason()), (None, None));
    assert_eq!(connections.of_user(7u64), [newer.id()]);
    assert_eq!(connections.of_user(8u64), [older.id()]);
}

#[test]
fn of_two_who_kick_each_other_the_later_one_stays() {
    let (server, connections) = server();
    let (mut older, mut newer) = (bound(&server, 7), server.connect());
    newer.send(LOG_IN_SOON, &Uid { uid: 7 });
    older.send(LOG_IN_SOON, &Uid { uid: 7 });
    server.advance(Duration::from_secs(2));
    assert_eq!((older.reason(), newer.reason()), (None, Some(Reason::Kicked)));
    assert_eq!(connections.of_user(7u64), [older.id()]);
}

#[test]
fn what_is_sent_to_a_user_reaches_no_other() {
    let (server, connections) = server();
    let mut client = bound(&server, 7);
    assert!(client.call::<_, Outcome>(HAND_ON, &Uid { uid: 8 }).is_bound);
    assert_eq!(client.next_frame(), None);
    assert_eq!((server.stats().pushes, server.stats().pushes_gone), (0, 1));
    assert_eq!(connections.push_to_user(8u64, NEWS, &Payload(b"yours")), Ok(()));
    assert_eq!(client.receive::<Payload<'_>>(NEWS).0, b"yours");
    let nobody = connections.push_to_user(7u64, NEWS, &Payload(b""));
    assert_eq!(nobody, Err(PushError::Offline(7u64.into())));
}

#[test]
fn a_full_mailbox_is_told_to_who_speaks_to_a_user() {
    let server = TestServer::new(builder().mailbox(1));
    let mut client = bound(&server, 7);
    let connections = server.connections();
    assert_eq!(connections.push_to_user(7u64, NEWS, &Payload(b"old")), Ok(()));
    let full = Err(PushError::Partly { refused: 1, workers: 1 });
    assert_eq!(connections.push_to_user(7u64, NEWS, &Payload(b"new")), full);
    assert_eq!(client.receive::<Payload<'_>>(NEWS).0, b"old");
    assert_eq!((client.next_frame(), server.stats().pushes_refused), (None, 1));
}

/// All or nothing: nobody is kicked for one who is not bound.
#[test]
fn where_not_all_others_can_be_kicked_all_stay() {
    for room in [1, 2] {
        let server = TestServer::new(builder().mailbox(room));
        let connections = server.connections();
        let others = [bound(&server, 7), bound(&server, 7)];
        let mut last = server.connect();
        assert!(!last.call::<_, Outcome>(LOG_IN_BUSY, &Uid { uid: 7 }).is_bound);
        assert!(others.iter().all(|other| other.reason().is_none()));
        assert_eq!(connections.of_user(7u64), [others[0].id(), others[1].id()]);
        last.receive::<Payload<'_>>(NEWS);
        last.send(LOG_IN_SOON, &Uid { uid: if room == 1 { 8 } else { 7 } });
        server.advance(Duration::from_secs(2));
        let expected = (room == 2).then_some(Reason::Kicked);
        assert!(others.iter().all(|other| other.reason() == expected));
        assert_eq!(connections.push(last.id(), NEWS, &Payload(b"")), Ok(()), "no room was lost");
    }
}
