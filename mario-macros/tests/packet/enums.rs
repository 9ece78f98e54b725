//! Enums, whose numbers are a promise to the peer.

use mario_macros::Packet;
use mario_proto::{DecodeErrorKind, Encode, Size, decode_packet, frame_to_vec};

use super::samples::{Color, Event, Level, Nested, Point, Unit, Wide};

fn payload<P: Encode>(packet: &P) -> Vec<u8> {
    frame_to_vec(0, 0, packet).unwrap().split_off(8)
}

#[test]
fn a_variant_is_its_number() {
    assert_eq!(payload(&Color::Red), [1]);
    assert_eq!(payload(&Color::Green), [2]);
    assert_eq!(payload(&Color::Blue), [b'b']);
    assert_eq!(payload(&Level::Low), (-300_i16).to_le_bytes());
    assert_eq!(payload(&Wide::Huge), [0xff; 8]);
    for level in [Level::Low, Level::Zero, Level::High] {
        assert_eq!(decode_packet(&payload(&level)), Ok(level));
    }
    for wide in [Wide::Small, Wide::Huge] {
        assert_eq!(decode_packet(&payload(&wide)), Ok(wide));
    }
}

#[test]
fn fields_follow_the_number() {
    assert_eq!(payload(&Event::Idle), [0, 0]);
    assert_eq!(
        payload(&Event::Moved { to: Point { x: 1, y: -1 }, speed: 9 }),
        [7, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 9]
    );
    assert_eq!(payload(&Event::Said("hi", 5)), b"\x08\x00\x02\x00hi\x05\x00\x00\x00");
}

#[test]
fn an_undeclared_number_is_malformed() {
    let error = decode_packet::<Color>(&[3]).unwrap_err();
    assert_eq!((error.kind, error.field, error.offset), (DecodeErrorKind::UnknownValue { found: 3 }, "", 0));
    let error = decode_packet::<Level>(&(-1_i16).to_le_bytes()).unwrap_err();
    assert_eq!(error.kind, DecodeErrorKind::UnknownValue { found: -1 });
    let error = decode_packet::<Event<'_>>(&[9, 0]).unwrap_err();
    assert_eq!(error.kind, DecodeErrorKind::UnknownValue { found: 9 });
    let error = decode_packet::<Nested<'_>>(&[0; 64]).unwrap_err();
    assert_eq!(
        (error.kind, error.field, error.offset),
        (DecodeErrorKind::UnknownValue { found: 0 }, "Nested.color", 8)
    );
}

#[test]
fn sizes_follow_from_the_declaration() {
    assert_eq!(Color::SIZE, Size::fixed(1));
    assert_eq!(Level::SIZE, Size::fixed(2));
    assert_eq!(Point::SIZE, Size::fixed(8));
    assert_eq!(Unit::SIZE, Size::fixed(0));
    assert_eq!(Event::SIZE, Size { min: 2, max: Some(2 + 2 + 65_535 + 4), open: false });
}

#[derive(Clone, Copy, Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
#[repr(u16)]
enum Status {
    Fine = 200,
    #[mario(other)]
    Other(u16),
    Gone = 410,
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto, big_endian)]
#[repr(u16)]
enum Message<'a> {
    Ping = 1,
    Text(&'a str),
    #[mario(other)]
    Unknown {
        kind: u16,
        #[mario(rest)]
        body: &'a [u8],
    },
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Answer {
    status: Status,
    end: u8,
}

#[test]
fn a_catch_all_keeps_what_it_does_not_know() {
    for status in [Status::Fine, Status::Other(404), Status::Gone] {
        assert_eq!(decode_packet(&payload(&status)), Ok(status));
    }
    assert_eq!(payload(&Status::Other(404)), 404_u16.to_le_bytes());
    assert_eq!(Answer::SIZE, Size::fixed(3));
    assert_eq!(decode_packet(&[0x94, 1, 7]), Ok(Answer { status: Status::Other(404), end: 7 }));

    let unknown = Message::Unknown { kind: 9, body: &[1, 2] };
    assert_eq!(payload(&unknown), [0, 9, 1, 2]);
    assert_eq!(decode_packet(&[0, 9, 1, 2]), Ok(unknown));
    assert_eq!(decode_packet(b"\0\x02\0\x02hi"), Ok(Message::Text("hi")));
    assert_eq!(decode_packet(&[0, 1]), Ok(Message::Ping));
}
