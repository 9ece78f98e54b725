//! What a malformed payload is told, and what a packet that does not fit is.

use mario_macros::Packet;
use mario_proto::{DecodeError, DecodeErrorKind, EncodeErrorKind, decode_packet, frame_to_vec};

#[derive(Debug, Packet)]
#[mario(crate = mario_proto)]
struct Message<'a> {
    id: u16,
    urgent: bool,
    text: &'a str,
    tags: Vec<u16>,
}

fn refused(payload: &[u8]) -> DecodeError {
    decode_packet::<Message<'_>>(payload).unwrap_err()
}

#[test]
fn each_mistake_names_its_field_and_where_it_starts() {
    use DecodeErrorKind::*;
    let cases: &[(&[u8], DecodeErrorKind, &str, u32)] = &[
        (b"", Truncated, "Message.id", 0),
        (b"\x01\x00\x02\x00\x00", NotBool { found: 2 }, "Message.urgent", 2),
        (b"\x01\x00\x01\x02\x00\xff\xfe\x00\x00", NotUtf8, "Message.text", 3),
        (b"\x01\x00\x01\x09\x00hello\x00\x00", Truncated, "Message.text", 3),
        (b"\x01\x00\x01\x00\x00\xff\xff\x01\x00", Truncated, "Message.tags", 5),
        (b"\x01\x00\x01\x00\x00\x00\x00zz", LeftOver { bytes: 2 }, "", 7),
    ];
    for &(payload, kind, field, offset) in cases {
        assert_eq!(refused(payload), DecodeError { kind, field, offset });
    }
}

#[test]
fn an_error_reads_as_a_sentence() {
    assert_eq!(
        refused(b"\x01\x00\x02\x00\x00").to_string(),
        "Message.urgent, at byte 2: 2 where a bool is 0 or 1"
    );
}

#[test]
fn what_a_prefix_cannot_say_is_not_sent() {
    let text = "x".repeat(65_536);
    let message = Message { id: 1, urgent: false, text: &text, tags: Vec::new() };
    let error = frame_to_vec(0, 0, &message).unwrap_err();
    assert_eq!(
        (error.kind, error.field),
        (EncodeErrorKind::TooLong { len: 65_536, max: 65_535 }, "Message.text")
    );

    let message = Message { id: 1, urgent: false, text: &text[..65_535], tags: Vec::new() };
    let error = frame_to_vec(0, 0, &message).unwrap_err();
    assert_eq!((error.kind, error.field), (EncodeErrorKind::Full, "Message.text"));
}
