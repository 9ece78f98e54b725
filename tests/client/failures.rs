//! What a caller is told when there is no reply, or no client.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use mario::Payload;
use mario::client::{Backoff, Disconnect, Error};
use mario::proto::{EncodeErrorKind, FrameError};
use socket2::{Domain, Socket, Type};

use crate::Client;
use crate::fake::*;
use crate::support::{CLOSE, COUNT, ECHO, FAIL, LIMIT, SILENT, STX, frame, serve};

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
    let backoff = Backoff { first: zero, ..Default::default() };
    says(&builder().reconnect(backoff).connect().unwrap_err(), &["first wait of 0ns"]);
}
