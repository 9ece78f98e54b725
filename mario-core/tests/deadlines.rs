//! How long peers may take, by `mario::testing`.

use std::time::Duration;

use mario::testing::{TestClient, TestServer};
use mario::{Builder, Conn, Frame, KeepAlive, Payload, Reason, Server, Service};

const ECHO: u16 = 0x0001;
const LOG_IN: u16 = 0x0002;
const PONG: u16 = 0x0003;
const SECRET: u16 = 0x0004;
const PING: u16 = 0x0010;

struct Patient;

impl Service for Patient {
    type Session = ();
    type Worker = ();

    /// Whatever is no command is life all the same.
    fn unknown_command(&self, _conn: &mut Conn<'_, Self>, _frame: Frame<'_>) -> Result<(), mario::Close> {
        Ok(())
    }
}

#[mario::command(ECHO)]
fn echo<'a>(_conn: &mut Conn<'_, Patient>, request: Payload<'a>) -> Payload<'a> {
    request
}

#[mario::command(LOG_IN)]
fn log_in(conn: &mut Conn<'_, Patient>) {
    assert!(!conn.is_admitted());
    conn.admit();
}

#[mario::command(PONG)]
fn pong(_conn: &mut Conn<'_, Patient>) {}

#[mario::command(SECRET, guard = Conn::is_admitted)]
fn secret(_conn: &mut Conn<'_, Patient>) -> Payload<'static> {
    Payload(b"secret")
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn builder() -> Builder<Patient> {
    Server::builder(Patient, mario::commands![echo, log_in, pong, secret]).read_timeout(seconds(300))
}

fn frame() -> Vec<u8> {
    mario::proto::frame_to_vec(mario::proto::DEFAULT_STX, ECHO, &Payload(&[7; 100])).unwrap()
}

/// Sends a byte each second, until the server has closed; how many that were.
fn trickle(server: &TestServer<Patient>, client: &mut TestClient<Patient>, bytes: &[u8]) -> usize {
    for (sent, byte) in bytes.iter().enumerate() {
        if client.is_closed() {
            return sent;
        }
        client.send_bytes(&[*byte]);
        server.advance(seconds(1));
    }
    bytes.len()
}

#[test]
fn a_frame_that_trickles_does_not_keep_its_connection() {
    let server = TestServer::new(builder().partial_frame_timeout(seconds(20)));
    let mut client = server.connect();
    server.advance(seconds(250));
    let sent = trickle(&server, &mut client, &frame());
    assert!((20..=23).contains(&sent), "{sent} bytes");
    assert_eq!(client.reason(), Some(Reason::Incomplete));
}

#[test]
fn a_frame_that_is_whole_in_time_begins_anew() {
    let server = TestServer::new(builder().partial_frame_timeout(seconds(200)));
    let mut client = server.connect();
    for _ in 0..5 {
        assert_eq!(trickle(&server, &mut client, &frame()), 108);
        assert_eq!(client.receive::<Payload<'_>>(ECHO).0.len(), 100);
    }
    // One frame ends and the next one begins in the same bytes: its time begins then.
    let two = [frame(), frame()].concat();
    client.send_bytes(&two[..150]);
    server.advance(seconds(199));
    assert_eq!(client.reason(), None);
    client.send_bytes(&two[150..]);
    server.advance(seconds(290));
    assert_eq!(client.reason(), None);
    server.advance(seconds(12));
    assert_eq!(client.reason(), Some(Reason::TimedOut), "and silence is silence");
}

#[test]
fn without_a_limit_each_byte_is_life() {
    let server = TestServer::new(builder().read_timeout(seconds(5)).partial_frame_timeout(None));
    let mut client = server.connect();
    assert_eq!(trickle(&server, &mut client, &frame()), 108);
    assert_eq!(client.receive::<Payload<'_>>(ECHO).0.len(), 100);
}

#[test]
fn a_partial_frame_has_a_limit_where_silence_has_none() {
    let server = TestServer::new(builder().read_timeout(None).partial_frame_timeout(seconds(10)));
    let (silent, mut slow) = (server.connect(), server.connect());
    slow.send_bytes(&frame()[..50]);
    server.advance(seconds(9));
    slow.send_bytes(&frame()[50..]);
    server.advance(seconds(1_000_000));
    assert_eq!((silent.reason(), slow.reason()), (None, None));
    slow.send_bytes(&frame()[..1]);
    server.advance(seconds(12));
    assert_eq!((silent.reason(), slow.reason()), (None, Some(Reason::Incomplete)));
}

#[test]
fn the_first_frame_has_a_time_of_its_own() {
    for partial in [None, Some(seconds(60))] {
        let settings = builder().first_frame_timeout(seconds(10)).partial_frame_timeout(partial);
        let server = TestServer::new(settings);
        let (silent, mut slow, mut quick) = (server.connect(), server.connect(), server.connect());
        quick.send_bytes(&frame());
        let sent = trickle(&server, &mut slow, &frame());
        assert!((10..=12).contains(&sent), "{sent} bytes");
        assert_eq!((silent.reason(), slow.reason()), (Some(Reason::Incomplete), Some(Reason::Incomplete)));
        server.advance(seconds(280));
        assert_eq!(quick.reason(), None);
        server.advance(seconds(20));
        assert_eq!(quick.reason(), Some(Reason::TimedOut));
    }
}

#[test]
fn who_is_not_admitted_in_time_goes_however_busy_it_is() {
    let server = TestServer::new(builder().login_timeout(seconds(30)));
    let (mut busy, mut member) = (server.connect(), server.connect());
    member.send(LOG_IN, &Payload(b""));
    for _ in 0..29 {
        server.advance(seconds(1));
        busy.send_bytes(&frame());
    }
    assert_eq!(busy.reason(), None);
    server.advance(seconds(5));
    assert_eq!(busy.reason(), Some(Reason::NotAdmitted));
    assert_eq!(member.call::<_, Payload<'_>>(SECRET, &Payload(b"")).0, b"secret");
    let mut stranger = server.connect();
    stranger.send(SECRET, &Payload(b""));
    assert_eq!(stranger.reason(), Some(Reason::Denied(SECRET)));
}

#[test]
fn silent_peers_are_asked_and_go_when_they_do_not_answer() {
    let server = TestServer::new(builder().ping(PING, seconds(60), 2));
    let (mut dead, mut alive) = (server.connect(), server.connect());
    let mut asked = 0;
    for _ in 0..20 {
        server.advance(seconds(62));
        while let Some(frame) = alive.next_frame() {
            assert_eq!((frame.cmd, frame.payload), (PING, &b""[..]));
            asked += 1;
        }
        // Any frame is an answer.
        alive.send([PONG, PING][asked % 2], &Payload(b""));
    }
    assert!((18..=20).contains(&asked), "{asked} times");
    assert_eq!(alive.reason(), None);
    assert_eq!(dead.reason(), Some(Reason::TimedOut));
    let mut pings = 0;
    while dead.next_frame().is_some() {
        pings += 1;
    }
    assert_eq!(pings, 2);
}

#[test]
fn who_is_busy_is_not_asked() {
    let server = TestServer::new(builder().ping(PING, seconds(60), 2));
    let mut client = server.connect();
    for _ in 0..100 {
        server.advance(seconds(30));
        client.send_bytes(&frame());
        client.receive::<Payload<'_>>(ECHO);
    }
    assert_eq!(client.next_frame(), None);
}

#[track_caller]
fn is_refused(settings: Builder<Patient>, why: &str) {
    match settings.bind("127.0.0.1:0").workers(1).start() {
        Err(error) => assert!(error.to_string().contains(why), "{error}"),
        Ok(_) => panic!("it starts"),
    }
}

#[test]
fn what_is_out_of_range_is_told() {
    is_refused(builder().first_frame_timeout(Duration::ZERO), "a first frame timeout of 0ns");
    is_refused(builder().partial_frame_timeout(Duration::MAX), "a partial frame timeout of ");
    is_refused(builder().login_timeout(Duration::ZERO), "a login timeout of 0ns");
    is_refused(builder().ping(PING, Duration::ZERO, 1), "a ping of 0ns");
    is_refused(builder().ping(0xfffd, seconds(1), 1), "a ping of 0xfffd: it is reserved");
    is_refused(builder().ping(ECHO, seconds(1), 1), "a ping of 0x0001: its handler takes a packet");
    let keep_alive = |idle, interval, probes| builder().keep_alive(KeepAlive { idle, interval, probes });
    is_refused(keep_alive(Duration::from_millis(1), seconds(1), 1), "a keep-alive's time of 1ms");
    is_refused(keep_alive(seconds(1), seconds(40_000), 1), "a keep-alive's interval of 40000s");
    is_refused(keep_alive(seconds(1), seconds(1), 0), "0 probes of keep-alive");
    is_refused(builder().tcp_user_timeout(Duration::ZERO), "a TCP user timeout of 0ns");
}
