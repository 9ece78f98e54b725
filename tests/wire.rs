//! The wire, byte by byte over a real socket: what is answered, and what ends a connection.

mod support;

use std::net::Shutdown;
use std::time::Duration;

use mario::proto::{DecodeErrorKind, FrameError};
use mario::{Close, Conn, DecodeError, Frame, Packet, Reason, Server, Service};
use support::*;

#[test]
fn replies_carry_the_token_and_the_command_of_their_request() {
    let rig = serve(|builder| builder.stx(0x8eb69af7));
    let mut client = rig.connect();
    client.send(&[0xf7, 0x9a, 0xb6, 0x8e, 0x0a, 0x00, 0x01, 0x01, 0x0a, 0x00]);
    assert_eq!(client.receive(10), [0xf7, 0x9a, 0xb6, 0x8e, 0x0a, 0x00, 0x01, 0x01, 0x0a, 0x00]);
}

#[test]
fn a_handler_may_send_reply_and_return() {
    let rig = serve(|builder| builder);
    let mut client = rig.connect();
    client.send(&frame(PUSH, &[]));
    let expected = [frame(PUSHED, &[1, 0, 0, 0]), frame(PUSH, &[2, 0, 0, 0]), frame(PUSH, &[3, 0, 0, 0])];
    assert_eq!(client.receive(36), expected.concat());
}

#[test]
fn a_handler_that_returns_nothing_is_not_answered() {
    let rig = serve(|builder| builder);
    let mut client = rig.connect();
    client.send(&[frame(SILENT, &[]), frame(COUNT, &[])].concat());
    assert_eq!(client.receive(12), frame(COUNT, &[1, 0, 0, 0]));
}

#[test]
fn a_wrong_token_closes_at_once() {
    let rig = serve(|builder| builder);
    let mut client = rig.connect();
    // The header promises a payload that never comes.
    client.send(&[1, 0, 0, 0, 0x00, 0x04, 0x01, 0x01]);
    assert_eq!(client.receive_all(), []);
    assert_eq!(rig.reason(), Reason::Protocol(FrameError::WrongStx { expected: STX, found: 1 }));
}

#[test]
fn a_length_under_the_header_closes() {
    let rig = serve(|builder| builder);
    let mut client = rig.connect();
    client.send(&[0xff, 0xff, 0xff, 0xff, 7, 0, 0x01, 0x01]);
    assert_eq!(client.receive_all(), []);
    assert_eq!(rig.reason(), Reason::Protocol(FrameError::TooShort { len: 7 }));
}

#[test]
fn the_longest_frame_is_taken_and_one_longer_closes() {
    for max_packet in [8, 9, 1500, u16::MAX] {
        let rig = serve(|builder| builder.max_packet(max_packet));
        let mut client = rig.connect();
        let payload = vec![7; usize::from(max_packet) - 8];
        client.call(ECHO, &payload, &payload);
        if let Some(longer) = max_packet.checked_add(1) {
            // Its header is enough.
            client.send(&frame(ECHO, &vec![7; usize::from(longer) - 8])[..8]);
            assert_eq!(client.receive_all(), []);
            assert_eq!(rig.reason(), Reason::Protocol(FrameError::TooLong { len: longer, max: max_packet }));
        }
    }
}

#[test]
fn an_unknown_command_closes() {
    for command in [0, 0x01ff, 0x6101, 0xfffb, 0xfffc, 0xfffd, 0xfffe, 0xffff] {
        let rig = serve(|builder| builder);
        let mut client = rig.connect();
        client.send(&frame(command, &[]));
        assert_eq!(client.receive_all(), []);
        assert_eq!(rig.reason(), Reason::UnknownCommand(command));
    }
}

#[test]
fn a_malformed_payload_closes() {
    let rig = serve(|builder| builder);
    let left_over = DecodeErrorKind::LeftOver { bytes: 1 };
    for (payload, kind) in [(&[1, 0, 0, 0][..], DecodeErrorKind::Truncated), (&[0; 9], left_over)] {
        let mut client = rig.connect();
        client.send(&frame(SUM, payload));
        assert_eq!(client.receive_all(), []);
        match rig.reason() {
            Reason::Malformed(SUM, error) => assert_eq!(error.kind, kind),
            reason => panic!("{reason:?}"),
        }
    }
}

#[test]
fn frames_before_the_end_are_handled_and_answered() {
    let ends: [&[u8]; 6] = [
        &[1, 0, 0, 0, 8, 0, 1, 1],
        &[0xff, 0xff, 0xff, 0xff, 7, 0, 1, 1],
        &[0xff, 0xff, 0xff, 0xff, 0xdd, 0x05, 1, 1],
        &frame(0x6101, &[]),
        &frame(SUM, &[1]),
        &frame(FAIL, &[]),
    ];
    for end in ends {
        let rig = serve(|builder| builder);
        let mut client = rig.connect();
        let behind = frame(ECHO, b"never handled");
        client.send(&[&frame(COUNT, &[])[..], &frame(ECHO, b"hello"), end, &behind].concat());
        let expected = [frame(COUNT, &[1, 0, 0, 0]), frame(ECHO, b"hello")].concat();
        assert_eq!(client.receive_all(), expected, "before {end:02x?}");
    }
}

#[test]
fn the_end_of_the_stream_closes_after_all_replies() {
    let rig = serve(|builder| builder);
    let mut client = rig.connect();
    client.send(&frame(ECHO, b"last words"));
    client.0.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.receive_all(), frame(ECHO, b"last words"));
    assert_eq!(rig.reason(), Reason::Closed);
}

#[test]
fn a_part_of_a_frame_before_the_end_is_dropped_without_an_error() {
    let rig = serve(|builder| builder);
    for part in 1..18 {
        let mut client = rig.connect();
        client.send(&frame(ECHO, b"0123456789")[..part]);
        client.0.shutdown(Shutdown::Write).unwrap();
        assert_eq!(client.receive_all(), []);
        assert_eq!(rig.reason(), Reason::Closed, "{part} bytes");
    }
}

#[test]
fn silence_times_out() {
    let rig = serve(|builder| builder.read_timeout(Duration::from_millis(50)));
    let mut client = rig.connect();
    assert_eq!(client.receive_all(), []);
    assert_eq!(rig.reason(), Reason::TimedOut);
}

#[test]
fn a_heartbeat_is_answered() {
    let rig = serve(|builder| builder.heartbeat(0x0001));
    let mut client = rig.connect();
    for beat in 0..16u8 {
        client.call(0x0001, &[beat], &[beat]);
    }
}

#[test]
fn a_reset_closes_with_its_error() {
    let rig = serve(|builder| builder);
    let mut client = rig.connect();
    client.call(COUNT, &[], &[1, 0, 0, 0]);
    client.send(&frame(ECHO, b"half")[..10]);
    client.reset();
    assert_eq!(rig.reason(), Reason::Error(std::io::ErrorKind::ConnectionReset));
}

#[test]
fn a_handler_closes_with_an_error_or_with_a_call() {
    let rig = serve(|builder| builder);
    let mut client = rig.connect();
    client.send(&frame(FAIL, &[]));
    assert_eq!(client.receive_all(), []);
    assert_eq!(rig.reason(), Reason::Service);

    let mut client = rig.connect();
    client.send(&frame(CLOSE, &[]));
    assert_eq!(client.receive_all(), frame(CLOSE, &[0xad, 0xde, 0, 0]));
    assert_eq!(rig.reason(), Reason::Service);
}

/// A service that answers what others close for.
struct Patient;

impl Service for Patient {
    type Session = ();
    type Worker = ();

    fn unknown_command(&self, conn: &mut Conn<'_, Self>, frame: Frame<'_>) -> Result<(), Close> {
        Ok(conn.reply(&Complaint { command: frame.cmd, offset: None })?)
    }

    fn malformed(
        &self,
        conn: &mut Conn<'_, Self>,
        frame: Frame<'_>,
        error: DecodeError,
    ) -> Result<(), Close> {
        assert_eq!(error.kind, DecodeErrorKind::Truncated);
        Ok(conn.reply(&Complaint { command: frame.cmd, offset: Some(error.offset) })?)
    }
}

#[derive(Packet)]
struct Complaint {
    command: u16,
    offset: Option<u32>,
}

#[derive(Packet)]
struct Pair {
    first: u8,
    second: u16,
}

#[mario::command(0x0101)]
fn swap(_conn: &mut Conn<'_, Patient>, request: Pair) -> Pair {
    Pair { first: request.second as u8, second: request.first.into() }
}

#[test]
fn a_service_may_answer_what_others_close_for() {
    let server =
        Server::builder(Patient, mario::commands![swap]).bind("127.0.0.1:0").workers(1).start().unwrap();
    let mut client = Client::connect(server.local_addr());
    client.call(0x4242, b"anything", &[0x42, 0x42, 0]);
    client.call(0x0101, &[1, 2], &[0x01, 0x01, 1, 1, 0, 0, 0]);
    client.call(0x0101, &[1, 2, 0], &[2, 1, 0]);
}

/// The number of a message, as its sender counts.
#[derive(Packet)]
struct Numbered {
    #[mario(correlation)]
    number: u32,
    text: String,
}

struct Forgetful;

impl Service for Forgetful {
    type Session = ();
    type Worker = ();
}

/// Says it louder.
///
/// And forgets what the number was.
#[mario::command(0x0201)]
fn shout(_conn: &mut Conn<'_, Forgetful>, request: Numbered) -> Option<Numbered> {
    Some(Numbered { number: 0, text: request.text.to_uppercase() })
}

#[mario::command(0x0202)]
fn hush(_conn: &mut Conn<'_, Forgetful>) -> Result<(), Close> {
    Err(Close)
}

#[test]
fn a_reply_has_the_correlation_of_its_request() {
    let commands = mario::commands![shout];
    let server = Server::builder(Forgetful, commands).bind("127.0.0.1:0").workers(1).start().unwrap();
    let mut client = Client::connect(server.local_addr());
    client.call(0x0201, b"\x07\0\0\0\x02\0ho", b"\x07\0\0\0\x02\0HO");
}

#[test]
fn a_server_tells_its_commands() {
    let commands = mario::commands![shout, hush];
    let server = Server::builder(Forgetful, commands).bind("127.0.0.1:0").workers(1).start().unwrap();
    let [shout, hush] = server.commands() else { panic!("{:?}", server.commands()) };
    assert_eq!((shout.id, shout.name), (0x0201, "shout"));
    assert_eq!(shout.doc, "Says it louder.\n\nAnd forgets what the number was.");
    assert_eq!(
        shout.request.map(|packet| (packet.name, packet.doc)),
        Some(("Numbered", "The number of a message, as its sender counts."))
    );
    assert_eq!(shout.reply.map(|packet| packet.name), Some("Numbered"));
    assert_eq!((hush.id, hush.name, hush.doc), (0x0202, "hush", ""));
    assert!(hush.request.is_none() && hush.reply.is_none());
}
