//! Enums, whose numbers are a promise to the peer.

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
