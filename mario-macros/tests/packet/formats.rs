//! What each attribute of a field changes on the wire.

use mario_macros::Packet;
use mario_proto::{
    Decode, DecodeError, DecodeErrorKind, Encode, EncodeErrorKind, Encoder, List, decode_packet, frame_to_vec,
};

fn payload<P: Encode>(packet: &P) -> Vec<u8> {
    frame_to_vec(0, 0, packet).unwrap().split_off(8)
}

fn refused<'a, P: Decode<'a>>(payload: &'a [u8]) -> (DecodeErrorKind, &'static str, u32) {
    let Err(DecodeError { kind, field, offset }) = decode_packet::<P>(payload) else { panic!("accepted") };
    (kind, field, offset)
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Prefixes<'a> {
    #[mario(prefix = u8)]
    a: &'a str,
    #[mario(prefix = u32)]
    b: &'a [u8],
    #[mario(prefix = u8)]
    c: Vec<u16>,
}

#[test]
fn a_prefix_is_as_wide_as_it_says() {
    let packet = Prefixes { a: "hi", b: &[7], c: vec![1, 2] };
    let bytes = b"\x02hi\x01\x00\x00\x00\x07\x02\x01\x00\x02\x00";
    assert_eq!(payload(&packet), bytes);
    assert_eq!(decode_packet(bytes), Ok(packet));
}

#[test]
fn a_length_that_its_prefix_cannot_say_is_not_sent() {
    let long = "x".repeat(256);
    let packet = Prefixes { a: &long, b: &[], c: vec![] };
    let error = packet.encode(&mut Encoder::new(&mut [0; 512])).unwrap_err();
    assert_eq!((error.kind, error.field), (EncodeErrorKind::TooLong { len: 256, max: 255 }, "Prefixes.a"));
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Limits<'a> {
    #[mario(max = 3)]
    text: &'a str,
    #[mario(max = 2)]
    list: Vec<u32>,
}

#[test]
fn a_limit_holds_on_both_sides() {
    let (kind, field, offset) = refused::<Limits<'_>>(b"\x04\x00abcd\x00\x00");
    assert_eq!((kind, field, offset), (DecodeErrorKind::TooLong { len: 4, max: 3 }, "Limits.text", 0));
    // The count is judged before anything is looked for: no byte of the items is there.
    let (kind, field, offset) = refused::<Limits<'_>>(b"\x00\x00\xff\xff");
    assert_eq!((kind, field, offset), (DecodeErrorKind::TooLong { len: 0xffff, max: 2 }, "Limits.list", 2));

    let packet = Limits { text: "abc", list: vec![1, 2, 3] };
    let error = packet.encode(&mut Encoder::new(&mut [0; 64])).unwrap_err();
    assert_eq!((error.kind, error.field), (EncodeErrorKind::TooLong { len: 3, max: 2 }, "Limits.list"));
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Tail<'a> {
    id: u8,
    #[mario(rest, max = 4)]
    text: &'a str,
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Tails(#[mario(rest, max = 2)] Vec<u16>);

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Words(#[mario(rest, max = 2)] Vec<String>);

#[test]
fn the_rest_has_no_length() {
    assert_eq!(decode_packet(b"\x01abc"), Ok(Tail { id: 1, text: "abc" }));
    assert_eq!(decode_packet(b"\x01"), Ok(Tail { id: 1, text: "" }));
    assert_eq!(payload(&Tail { id: 1, text: "abc" }), b"\x01abc");
    assert_eq!(
        refused::<Tail<'_>>(b"\x01abcde"),
        (DecodeErrorKind::TooLong { len: 5, max: 4 }, "Tail.text", 1)
    );

    assert_eq!(decode_packet(&[1, 0, 2, 0]), Ok(Tails(vec![1, 2])));
    assert_eq!(refused::<Tails>(&[1, 0, 2]), (DecodeErrorKind::Truncated, "Tails.0", 0));
    assert_eq!(refused::<Tails>(&[0; 6]), (DecodeErrorKind::TooLong { len: 3, max: 2 }, "Tails.0", 0));

    assert_eq!(decode_packet(b"\x01\x00a\x00\x00"), Ok(Words(vec!["a".to_owned(), String::new()])));
    assert_eq!(refused::<Words>(&[0; 6]), (DecodeErrorKind::TooLong { len: 3, max: 2 }, "Words.0", 0));
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Ports {
    little: u16,
    #[mario(big_endian)]
    big: u16,
    #[mario(big_endian)]
    list: Vec<u32>,
}

#[test]
fn big_endian_turns_numbers_and_lengths() {
    let packet = Ports { little: 1, big: 2, list: vec![3] };
    let bytes = [1, 0, 0, 2, 0, 1, 0, 0, 0, 3];
    assert_eq!(payload(&packet), bytes);
    assert_eq!(decode_packet(&bytes), Ok(packet));
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Named<'a> {
    #[mario(c_text = 4)]
    name: &'a str,
    id: u8,
}

#[test]
fn c_text_is_filled_up_with_nuls() {
    for (name, bytes) in [("", b"\0\0\0\0\x01"), ("ab", b"ab\0\0\x01"), ("abcd", b"abcd\x01")] {
        assert_eq!(payload(&Named { name, id: 1 }), bytes);
        assert_eq!(decode_packet(bytes), Ok(Named { name, id: 1 }));
    }
    assert_eq!(refused::<Named<'_>>(b"a\0b\0\x01"), (DecodeErrorKind::NotPadded, "Named.name", 0));
    assert_eq!(refused::<Named<'_>>(b"\xff\0\0\0\x01"), (DecodeErrorKind::NotUtf8, "Named.name", 0));
    assert_eq!(refused::<Named<'_>>(b"ab\0\0"), (DecodeErrorKind::Truncated, "Named.id", 4));

    for (name, kind) in
        [("abcde", EncodeErrorKind::TooLong { len: 5, max: 4 }), ("a\0", EncodeErrorKind::NulInText)]
    {
        let error = Named { name, id: 1 }.encode(&mut Encoder::new(&mut [0; 16])).unwrap_err();
        assert_eq!((error.kind, error.field), (kind, "Named.name"));
    }
}

#[derive(Clone, Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Entry<'a> {
    active: bool,
    name: &'a str,
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Lazy<'a> {
    flags: List<'a, bool>,
    #[mario(prefix = u8)]
    entries: List<'a, Entry<'a>>,
    #[mario(rest)]
    numbers: List<'a, u32>,
}

#[test]
fn a_lazy_list_is_judged_when_its_packet_is() {
    let entries = [Entry { active: true, name: "a" }, Entry { active: false, name: "" }];
    let packet = Lazy {
        flags: [true, false].as_slice().into(),
        entries: entries.as_slice().into(),
        numbers: [1, 2].as_slice().into(),
    };
    let bytes = b"\x02\x00\x01\x00\x02\x01\x01\x00a\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00";
    assert_eq!(payload(&packet), bytes);

    let decoded: Lazy<'_> = decode_packet(bytes).unwrap();
    assert_eq!(decoded, packet);
    assert_eq!(decoded.entries.iter().len(), 2);
    assert_eq!(decoded.numbers.iter().sum::<u32>(), 3);
    assert_eq!(payload(&decoded), bytes);

    assert_eq!(
        refused::<Lazy<'_>>(b"\x02\x00\x01\x02\x00"),
        (DecodeErrorKind::NotBool { found: 2 }, "Lazy.flags", 0)
    );
    let malformed = b"\x00\x00\x01\x07\x00\x00";
    assert_eq!(refused::<Lazy<'_>>(malformed), (DecodeErrorKind::NotBool { found: 7 }, "Entry.active", 3));
    assert_eq!(refused::<Lazy<'_>>(b"\x00\x00\x00\x01"), (DecodeErrorKind::Truncated, "Lazy.numbers", 3));
}
