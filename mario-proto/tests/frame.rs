//! Frames in vectors of their own.

use mario_proto::frame_to_vec;

#[test]
fn a_frame_takes_the_room_that_it_needs() {
    for len in [0, 10, 500, 502, 503, 2000, 65_525] {
        let text = "x".repeat(len);
        let frame = frame_to_vec(7, 0x0602, &text).unwrap();
        assert_eq!(frame.len(), 8 + 2 + len);
        assert!(frame.capacity() < frame.len() + 64, "{} bytes for {len}", frame.capacity());
    }
}

#[test]
fn no_frame_is_longer_than_its_header_can_say() {
    let text = "x".repeat(65_526);
    let error = frame_to_vec(7, 0x0602, &text).unwrap_err();
    assert_eq!(error.kind, mario_proto::EncodeErrorKind::Full);
}
