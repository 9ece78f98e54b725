//! The client over real sockets: whose reply is whose, and what a caller is told when there is none.

mod support;

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use mario::client::{Client, Disconnect, Error, Result};
use mario::proto::{DecodeErrorKind, EncodeErrorKind, FrameError};
use mario::{Packet, Payload, Reason};
use socket2::{Domain, Socket, Type};
use support::{
    CLOSE, COUNT, Client as Peer, ECHO, Event, FAIL, LIMIT, PUSH, PUSHED, SILENT, STX, SUM, frame, serve,
};

const ASK: u16 = 0x0301;

#[derive(Debug, PartialEq, Packet)]
struct Number(u32);

#[derive(Packet)]
struct Summands {
    left: u32,
    right: u32,
}

/// A question or an answer with a number to match them by.
#[derive(Debug, PartialEq, Packet)]
struct Numbered {
    text: String,
    #[mario(correlation)]
    number: u16,
    value: u32,
}

impl Numbered {
    fn new(value: u32) -> Numbered {
        Numbered { text: "who cares".to_owned(), number: 0, value }
    }
}

/// The bytes of a `Numbered` in a frame.
const NUMBERED: usize = 8 + 2 + 9 + 2 + 4;

/// A server made by hand: it does what a test tells it with the one connection that it takes.
struct Fake {
    addr: SocketAddr,
    thread: JoinHandle<()>,
}

impl Fake {
    fn new(script: impl FnOnce(&mut Peer) + Send + 'static) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        Fake { addr, thread: thread::spawn(move || script(&mut accept(&listener))) }
    }

    fn client(&self) -> Client {
        Client::builder(self.addr).call_timeout(LIMIT).connect().expect("the fake takes it")
    }

    /// Waits for the end of the script, which then went as it should.
    #[track_caller]
    fn done(self) {
        self.thread.join().expect("the fake sees what it should");
    }
}

fn accept(listener: &TcpListener) -> Peer {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    Peer(stream)
}

fn number(value: u32) -> Vec<u8> {
    frame(ASK, &value.to_le_bytes())
}

fn ask(client: &Client, value: u32) -> Result<u32> {
    client.call(ASK, Number(value)).map(|Number(value)| value)
}

#[track_caller]
fn says(error: &Error, texts: &[&str]) {
    for text in texts {
        assert!(error.to_string().contains(text), "`{error}` does not say `{text}`");
    }
}

#[test]
fn replies_out_of_order_reach_their_calls_by_correlation() {
    const CALLS: u32 = 40;
    let fake = Fake::new(|peer| {
        let mut requests: Vec<_> = (0..CALLS).map(|_| peer.receive(NUMBERED)).collect();
        requests.reverse();
        requests.rotate_left(7);
        peer.send(&requests.concat());
    });
    let client = fake.client();
    thread::scope(|scope| {
        for value in 0..CALLS {
            let client = &client;
            scope.spawn(move || {
                let reply: Numbered = client.call(ASK, Numbered::new(value)).unwrap();
                assert_eq!(reply.value, value);
            });
        }
    });
    fake.done();
}

#[test]
fn replies_without_correlation_reach_their_calls_in_order() {
    const CALLS: u32 = 40;
    let fake = Fake::new(|peer| {
        // All are on the way at once; between their replies is what nobody asked for.
        let requests: Vec<_> = (0..CALLS).map(|_| peer.receive(12)).collect();
        peer.send(&requests.join(&frame(PUSHED, b"by the way")[..]));
    });
    let client = fake.client();
    thread::scope(|scope| {
        for value in 0..CALLS {
            let client = client.clone();
            scope.spawn(move || assert_eq!(ask(&client, value).unwrap(), value));
        }
    });
    fake.done();
    let pushes: Vec<_> = client.pushes().collect();
    assert_eq!(pushes.len(), CALLS as usize - 1);
    assert!(pushes.iter().all(|push| push.command() == PUSHED && push.payload() == b"by the way"));
}

#[test]
fn threads_share_a_connection_to_a_server() {
    let rig = serve(|builder| builder);
    let client = Client::connect(rig.addr()).unwrap();
    thread::scope(|scope| {
        for left in 0..8 {
            let client = &client;
            scope.spawn(move || {
                for right in 0..200 {
                    let sum: Number = client.call(SUM, Summands { left, right }).unwrap();
                    assert_eq!(sum, Number(left + right));
                    let payload = [left as u8; 16];
                    let echo = client.call_frame::<Payload<'_>>(ECHO, Payload(&payload)).unwrap();
                    assert_eq!(echo.decode::<Payload<'_>>().unwrap(), Payload(&payload));
                }
            });
        }
    });
    assert_eq!(rig.stats().accepted, 1);
    assert_eq!(rig.stats().frames, 8 * 200 * 2);
}

#[test]
fn a_late_reply_is_not_taken_for_that_of_the_next_call() {
    let (timed_out, wait) = mpsc::channel();
    let fake = Fake::new(move |peer| {
        let first = peer.receive(12);
        wait.recv().unwrap();
        let second = peer.receive(12);
        peer.send(&[first, second].concat());
    });
    let client = fake.client();
    let error = ask(&client.with_call_timeout(Duration::from_millis(20)), 1).unwrap_err();
    assert!(matches!(error, Error::TimedOut { command: ASK, after } if after == Duration::from_millis(20)));
    says(&error, &["0x0301", "20ms", "`send`"]);
    timed_out.send(()).unwrap();
    assert_eq!(ask(&client, 2).unwrap(), 2);
    fake.done();
    assert_eq!(client.pushes().next(), None, "it was discarded");
}

#[test]
fn a_late_reply_with_a_correlation_is_discarded_too() {
    let (timed_out, wait) = mpsc::channel();
    let fake = Fake::new(move |peer| {
        let first = peer.receive(NUMBERED);
        wait.recv().unwrap();
        let second = peer.receive(NUMBERED);
        peer.send(&[second, first].concat());
    });
    let client = fake.client();
    let hasty = client.with_call_timeout(Duration::from_millis(20));
    let error = hasty.call::<Numbered>(ASK, Numbered::new(1)).unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }));
    timed_out.send(()).unwrap();
    assert_eq!(client.call::<Numbered>(ASK, Numbered::new(2)).unwrap().value, 2);
    fake.done();
    assert_eq!(client.pushes().next(), None);
}

#[test]
fn a_call_is_lost_when_the_server_closes_and_the_next_is_not_sent() {
    let rig = serve(|builder| builder);
    let client = Client::connect(rig.addr()).unwrap();
    let error = client.call::<Number>(FAIL, Payload::default()).unwrap_err();
    assert!(matches!(error, Error::Lost { command: FAIL, cause: Disconnect::ByServer }), "{error}");
    says(&error, &["0x0105", "was sent, but not answered", "the server closed the connection", "a token"]);
    let error = client.call::<Number>(COUNT, Payload::default()).unwrap_err();
    assert!(matches!(error, Error::NotConnected { cause: Disconnect::ByServer }), "{error}");
    assert!(matches!(client.send(SILENT, &Payload::default()), Err(Error::NotConnected { .. })));
    assert_eq!(client.pushes().next(), None);
    assert_eq!(rig.stats().frames, 1);
}

#[test]
fn a_reply_before_the_end_counts() {
    let rig = serve(|builder| builder);
    let client = Client::connect(rig.addr()).unwrap();
    assert_eq!(client.call::<Number>(CLOSE, Payload::default()).unwrap(), Number(0xdead));
}

#[test]
fn a_reset_tells_all_who_wait() {
    const CALLS: u32 = 8;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = Client::builder(listener.local_addr().unwrap()).call_timeout(LIMIT).connect().unwrap();
    thread::scope(|scope| {
        for value in 0..CALLS {
            let client = &client;
            scope.spawn(move || {
                let error = ask(client, value).unwrap_err();
                let reset = Disconnect::Failed(ErrorKind::ConnectionReset);
                assert!(
                    matches!(&error, Error::Lost { cause, .. } if cause.to_string() == reset.to_string()),
                    "{error}"
                );
            });
        }
        let mut peer = accept(&listener);
        peer.receive(12 * CALLS as usize);
        peer.reset();
    });
}

/// The error of a call to which a hand-made server answers `bytes`.
fn answered(bytes: Vec<u8>) -> Error {
    let fake = Fake::new(move |peer| {
        peer.receive(12);
        peer.send(&bytes);
        peer.closed();
    });
    let client = Client::builder(fake.addr).max_packet(64).call_timeout(LIMIT).connect().unwrap();
    let error = ask(&client, 1).unwrap_err();
    fake.done();
    error
}

#[test]
fn what_is_no_frame_ends_the_connection() {
    let wrong = answered(vec![0xf7, 0x9a, 0xb6, 0x8e, 12, 0, 0x01, 0x03]);
    let expected = FrameError::WrongStx { expected: STX, found: 0x8eb69af7 };
    assert!(matches!(&wrong, Error::Lost { cause: Disconnect::Protocol(error), .. } if *error == expected));
    says(&wrong, &["0x8eb69af7", "0xffffffff", "set the same token on both"]);

    let long = answered(frame(ASK, &[0; 57]));
    let expected = FrameError::TooLong { len: 65, max: 64 };
    assert!(matches!(&long, Error::Lost { cause: Disconnect::Protocol(error), .. } if *error == expected));
    says(&long, &["65 bytes", "64", "`max_packet`"]);

    let short = answered(vec![0xff, 0xff, 0xff, 0xff, 7, 0, 0x01, 0x03]);
    let expected = FrameError::TooShort { len: 7 };
    assert!(matches!(&short, Error::Lost { cause: Disconnect::Protocol(error), .. } if *error == expected));

    let part = Fake::new(|peer| {
        peer.receive(12);
        peer.send(&number(1)[..11]);
    });
    let error = ask(&part.client(), 1).unwrap_err();
    assert!(matches!(error, Error::Lost { cause: Disconnect::ByServer, .. }), "{error}");
}

#[test]
fn garbage_between_replies_ends_the_connection_behind_the_good_ones() {
    let fake = Fake::new(|peer| {
        let requests = peer.receive(24);
        peer.send(&[&requests[..12], b"GET / HTTP/1.1\r\n", &requests[12..]].concat());
        peer.closed();
    });
    let client = fake.client();
    let replies = thread::scope(|scope| {
        let calls = [1, 2].map(|value| {
            let client = &client;
            scope.spawn(move || (value, ask(client, value)))
        });
        calls.map(|call| call.join().unwrap())
    });
    let (good, bad): (Vec<_>, Vec<_>) = replies.into_iter().partition(|(_, reply)| reply.is_ok());
    assert!(matches!(good[..], [(value, Ok(reply))] if value == reply), "{good:?}");
    let found = u32::from_le_bytes(*b"GET ");
    assert!(
        matches!(
            &bad[..],
            [(_, Err(Error::Lost { cause: Disconnect::Protocol(FrameError::WrongStx { found: token, .. }), .. }))]
                if *token == found
        ),
        "{bad:?}"
    );
    fake.done();
}

#[test]
fn a_malformed_reply_costs_its_own_call_alone() {
    let fake = Fake::new(|peer| {
        peer.receive(12);
        peer.send(&frame(ASK, &[1, 0, 0]));
        let second = peer.receive(12);
        peer.send(&second);
    });
    let client = fake.client();
    let error = ask(&client, 1).unwrap_err();
    let Error::Malformed { command: ASK, source } = &error else { panic!("{error}") };
    assert_eq!(source.kind, DecodeErrorKind::Truncated);
    says(&error, &["0x0301", "Number.0", "the same packet"]);
    assert_eq!(ask(&client, 2).unwrap(), 2);
    fake.done();
}

#[test]
fn a_malformed_reply_with_a_correlation_reaches_the_call_that_it_answers() {
    let fake = Fake::new(|peer| {
        let mut requests = [peer.receive(NUMBERED), peer.receive(NUMBERED)];
        // The second is answered first, and lacks its last byte.
        requests.swap(0, 1);
        requests[0].pop();
        requests[0][4] -= 1;
        peer.send(&requests.concat());
    });
    let client = fake.client();
    let mut values = thread::scope(|scope| {
        let calls = [1, 2].map(|value| {
            let client = &client;
            scope.spawn(move || (value, client.call::<Numbered>(ASK, Numbered::new(value))))
        });
        calls.map(|call| call.join().unwrap())
    });
    values.sort_by_key(|(_, reply)| reply.is_err());
    let [(asked, Ok(good)), (_, Err(bad))] = &values else { panic!("{values:?}") };
    assert_eq!(good.value, *asked);
    says(bad, &["malformed", "Numbered.value"]);
    fake.done();
}

#[test]
fn a_reply_that_could_be_anyones_ends_the_connection() {
    let fake = Fake::new(|peer| {
        peer.receive(2 * NUMBERED);
        peer.send(&frame(ASK, &[]));
        peer.closed();
    });
    let client = fake.client();
    thread::scope(|scope| {
        for value in 0..2 {
            let client = &client;
            scope.spawn(move || {
                let error = client.call::<Numbered>(ASK, Numbered::new(value)).unwrap_err();
                let Error::Lost { cause: Disconnect::Uncorrelated { command: ASK }, .. } = &error else {
                    panic!("{error}")
                };
            });
        }
    });
    fake.done();
}

#[test]
fn pushes_come_while_calls_are_made() {
    let rig = serve(|builder| builder);
    let client = Client::connect(rig.addr()).unwrap();
    // The server sends another command's frame, then replies twice.
    assert_eq!(client.call::<Number>(PUSH, Payload::default()).unwrap(), Number(2));
    let pushes = client.pushes();
    let [pushed, second] = [0; 2].map(|_| pushes.next_within(LIMIT).expect("it is pushed"));
    assert_eq!((pushed.command(), pushed.decode().ok()), (PUSHED, Some(Number(1))));
    assert_eq!((second.command(), second.decode().ok()), (PUSH, Some(Number(3))));
    assert!(pushed.decode::<Summands>().is_err());
    assert_eq!(pushes.dropped(), 0);
}

#[test]
fn a_full_push_queue_drops_and_counts_and_holds_no_call_up() {
    let fake = Fake::new(|peer| {
        let reply = peer.receive(12);
        let pushes: Vec<_> = (1..=5).map(|value: u8| frame(PUSHED, &[value])).collect();
        peer.send(&[pushes.concat(), reply].concat());
    });
    let client = Client::builder(fake.addr).push_queue(2).call_timeout(LIMIT).connect().unwrap();
    assert_eq!(ask(&client, 1).unwrap(), 1);
    fake.done();
    let pushes = client.pushes();
    assert_eq!(pushes.dropped(), 3);
    let kept: Vec<_> = pushes.map(|push| push.payload().to_vec()).collect();
    assert_eq!(kept, [[1], [2]]);
}

#[test]
fn what_is_sent_gets_no_reply() {
    let rig = serve(|builder| builder);
    let client = Client::connect(rig.addr()).unwrap();
    client.send(SILENT, &Payload::default()).unwrap();
    assert_eq!(client.call::<Number>(COUNT, Payload::default()).unwrap(), Number(1));
    assert_eq!(rig.stats().frames, 2);
    let error = client
        .with_call_timeout(Duration::from_millis(20))
        .call::<Number>(SILENT, Payload::default())
        .unwrap_err();
    says(&error, &["0x0108", "use `send` if the command does not always reply"]);
}

#[test]
fn what_can_not_be_sent_costs_nothing_else() {
    let rig = serve(|builder| builder);
    let client = Client::connect(rig.addr()).unwrap();
    let error = client.call::<Number>(ECHO, Payload(&[0; 65_528])).unwrap_err();
    let Error::Encode { command: ECHO, source } = &error else { panic!("{error}") };
    assert_eq!(source.kind, EncodeErrorKind::Full);
    says(&error, &["0x0101", "does not fit"]);
    for command in 0xfffc..=0xffff {
        let error = client.call::<Number>(command, Payload::default()).unwrap_err();
        assert!(matches!(error, Error::Reserved { command: found } if found == command));
        assert!(matches!(client.send(command, &Payload::default()), Err(Error::Reserved { .. })));
    }
    assert_eq!(client.call::<Number>(COUNT, Payload::default()).unwrap(), Number(1));
    assert_eq!(rig.stats().frames, 1);
}

#[test]
fn a_server_that_takes_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let after = Duration::from_millis(50);
    let client = Client::builder(address).call_timeout(after).connect().unwrap();
    let payload = vec![0; 60_000];
    let error = loop {
        if let Err(error) = client.send(ECHO, &Payload(&payload)) {
            break error;
        }
    };
    assert!(
        matches!(error, Error::Lost { cause: Disconnect::Stalled { after: found }, .. } if found == after),
        "{error}"
    );
    let error = client.send(ECHO, &Payload(&payload)).unwrap_err();
    assert!(matches!(error, Error::NotConnected { cause: Disconnect::Stalled { .. } }), "{error}");
}

#[test]
fn the_last_clone_closes() {
    let rig = serve(|builder| builder);
    let client = Client::connect(rig.addr()).unwrap();
    let clone = client.with_call_timeout(LIMIT);
    let mut pushes = clone.pushes();
    drop(client);
    assert_eq!(clone.call::<Number>(COUNT, Payload::default()).unwrap(), Number(1));
    drop(clone);
    assert_eq!(rig.reason(), Reason::Closed);
    assert_eq!(pushes.next(), None);
}

#[test]
fn nobody_there() {
    // Bound, so that nobody else takes the port; but it does not listen.
    let bound = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    bound.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let address = bound.local_addr().unwrap().as_socket().unwrap();
    let error = Client::connect(address).unwrap_err();
    assert!(matches!(&error, Error::Refused { address: found } if *found == address.to_string()), "{error}");
    says(&error, &["refuses connections", "start the server"]);

    let error = Client::connect("127.0.0.1").unwrap_err();
    assert!(matches!(error, Error::Address { .. }), "{error}");
    says(&error, &["127.0.0.1", "host:port"]);
}

#[test]
#[cfg(target_os = "linux")]
fn nobody_accepts() {
    // A backlog of one is full after two or three connections; the next gets no answer.
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    listener.listen(1).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let mut kept = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
        kept.push(stream);
        assert!(kept.len() < 16, "the backlog is not kept");
    }
    let after = Duration::from_millis(100);
    let error = Client::builder(address).connect_timeout(after).connect().unwrap_err();
    assert!(matches!(error, Error::ConnectTimedOut { after: found, .. } if found == after), "{error}");
    says(&error, &[&address.to_string(), "100ms"]);
}

#[test]
fn settings_out_of_range() {
    let builder = || Client::builder("127.0.0.1:1");
    let error = builder().max_packet(7).connect().unwrap_err();
    says(&error, &["packet limit of 7 bytes", "8 to 65535"]);
    let zero = Duration::ZERO;
    says(&builder().call_timeout(zero).connect().unwrap_err(), &["call timeout of 0ns", "1 ms to 12 days"]);
    says(&builder().connect_timeout(Duration::MAX).connect().unwrap_err(), &["connect timeout", "12 days"]);
    says(&builder().heartbeat(1, zero).connect().unwrap_err(), &["heartbeats of 0ns"]);
    says(&builder().heartbeat(0xfffd, LIMIT).connect().unwrap_err(), &["0xfffd is reserved"]);
    let backoff = mario::client::Backoff { first: zero, ..Default::default() };
    says(&builder().reconnect(backoff).connect().unwrap_err(), &["first wait of 0ns"]);
}

const HEARTBEAT: u16 = 0x0001;

#[test]
fn heartbeats_keep_a_connection_that_would_time_out() {
    let rig = serve(|builder| builder.heartbeat(HEARTBEAT).read_timeout(Duration::from_secs(2)));
    let client =
        Client::builder(rig.addr()).heartbeat(HEARTBEAT, Duration::from_millis(100)).connect().unwrap();
    assert_eq!(client.call::<Number>(COUNT, Payload::default()).unwrap(), Number(1));
    // Two others that came later, one after the other, are timed out.
    for _ in 0..2 {
        let mut silent = rig.connect();
        rig.event("the silent one is timed out", |event| {
            matches!(event, Event::Disconnected(_, Reason::TimedOut)).then_some(())
        });
        silent.closed();
    }
    assert_eq!(client.call::<Number>(COUNT, Payload::default()).unwrap(), Number(2), "the same connection");
    assert_eq!(client.pushes().try_next(), None, "nobody sees the replies to heartbeats");
}

#[test]
fn a_server_that_answers_no_heartbeat_is_given_up() {
    let fake = Fake::new(|peer| {
        let beats = peer.receive(24);
        assert_eq!(beats, frame(HEARTBEAT, &[]).repeat(3));
        peer.closed();
    });
    let client = Client::builder(fake.addr)
        .heartbeat(HEARTBEAT, Duration::from_millis(5))
        .call_timeout(LIMIT)
        .connect()
        .unwrap();
    assert_eq!(client.pushes().next(), None);
    let error = ask(&client, 1).unwrap_err();
    assert!(matches!(error, Error::NotConnected { cause: Disconnect::Silent { heartbeats: 3 } }), "{error}");
    fake.done();
}
