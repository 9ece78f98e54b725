//! What holds for all values and all bytes.

use std::fmt::Debug;

use mario_proto::{Decode, DecodeErrorKind, Encode, Encoder, decode_packet};
use proptest::prelude::*;

use super::layout::{Layout, len, missing};
use super::ruled::{Answer, Grant, Grown, Message, Ports, Status, Tail, source, tail};
use super::samples::*;

fn encode<P: Encode>(packet: &P) -> Vec<u8> {
    let mut room = vec![0; 4096];
    let mut out = Encoder::new(&mut room);
    packet.encode(&mut out).unwrap();
    let len = out.written();
    room.truncate(len);
    room
}

/// Encode then decode is the identity, and the size is what the type says.
fn comes_back<'a, P: Decode<'a> + Debug + PartialEq>(packet: &P, bytes: &'a [u8]) {
    assert_eq!(decode_packet::<P>(bytes).as_ref(), Ok(packet));
    assert!(P::SIZE.min <= bytes.len() && P::SIZE.max.is_none_or(|max| bytes.len() <= max), "{:?}", P::SIZE);
}

/// A payload cut anywhere is an error of the field that the cut goes through.
fn names_what_is_cut<'a, P: Decode<'a> + Debug + Layout>(packet: &P, bytes: &'a [u8]) {
    let parts = packet.layout();
    assert!(if P::SIZE.open { len(&parts) <= bytes.len() } else { len(&parts) == bytes.len() });
    for len in 0..len(&parts) {
        let error = decode_packet::<P>(&bytes[..len]).unwrap_err();
        assert_eq!(error.kind, DecodeErrorKind::Truncated, "cut to {len}: {error}");
        assert_eq!(Some((error.field, error.offset as usize)), missing(&parts, len), "cut to {len}");
    }
}

/// The same for one that may grow: a version may end there, or else it is not whole.
fn ends_with_a_version(packet: &Grown<'_>, bytes: &[u8]) {
    let parts = packet.layout();
    for len in 0..bytes.len() {
        let cut = decode_packet::<Grown<'_>>(&bytes[..len]);
        if packet.versions().contains(&len) {
            let whole = encode(&cut.unwrap());
            assert_eq!(whole[..len], bytes[..len], "and defaults follow");
            continue;
        }
        let error = cut.unwrap_err();
        assert_eq!(error.kind, DecodeErrorKind::Truncated, "cut to {len}: {error}");
        assert_eq!(Some((error.field, error.offset as usize)), missing(&parts, len), "cut to {len}");
    }
}

/// A frame has room for a packet, or the encoder says so: it writes no part of a byte too many.
fn needs_all_its_room<P: Encode>(packet: &P, bytes: &[u8]) {
    for len in 0..bytes.len() {
        packet.encode(&mut Encoder::new(&mut vec![0; len])).unwrap_err();
    }
}

/// Arbitrary bytes are refused, or are exactly what the accepted value encodes to.
fn accepts_only_its_own<'a, P: Decode<'a>>(bytes: &'a [u8]) {
    if let Ok(packet) = decode_packet::<P>(bytes) {
        assert_eq!(encode(&packet), bytes);
    }
}

fn holds<'a, P: Decode<'a> + Debug + PartialEq + Layout>(packet: &P, bytes: &'a [u8]) {
    comes_back(packet, bytes);
    names_what_is_cut(packet, bytes);
    needs_all_its_room(packet, bytes);
}

proptest! {
    #[test]
    fn numbers_hold(packet in numbers()) {
        holds(&packet, &encode(&packet));
    }

    #[test]
    fn arrays_hold(packet in arrays()) {
        holds(&packet, &encode(&packet));
    }

    #[test]
    fn lists_hold(packet in lists()) {
        holds(&packet, &encode(&packet));
    }

    #[test]
    fn tuple_structs_hold(packet in label()) {
        holds(&packet, &encode(&packet));
    }

    #[test]
    fn borrowed_fields_hold(words in words()) {
        let packet = words.borrowed();
        holds(&packet, &encode(&packet));
    }

    #[test]
    fn options_hold(words in words()) {
        let packet = words.options();
        holds(&packet, &encode(&packet));
    }

    #[test]
    fn nested_packets_hold(words in words()) {
        let packet = words.nested();
        holds(&packet, &encode(&packet));
    }

    #[test]
    fn enums_with_fields_hold(words in words()) {
        let packet = words.event();
        holds(&packet, &encode(&packet));
    }

    #[test]
    fn lengths_hold(words in words()) {
        let packet = words.lengths();
        holds(&packet, &encode(&packet));
    }

    #[test]
    fn big_endian_packets_hold(words in words()) {
        let packet = words.network();
        holds(&packet, &encode(&packet));
    }

    #[test]
    fn big_endian_enums_hold(words in words()) {
        let packet = words.packed();
        holds(&packet, &encode(&packet));
    }

    #[test]
    fn values_that_obey_rules_hold(source in source()) {
        let packet = source.grant();
        holds(&packet, &encode(&packet));
    }

    #[test]
    fn what_nobody_declared_holds(source in source()) {
        let (status, answer, message) = (source.status(), source.answer(), source.message());
        holds(&status, &encode(&status));
        holds(&answer, &encode(&answer));
        holds(&message, &encode(&message));
    }

    #[test]
    fn lists_that_take_the_rest_hold(source in source(), texts in prop::collection::vec(".{0,5}", 0..4)) {
        let ports = source.ports();
        holds(&ports, &encode(&ports));
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        let tail = tail(&texts);
        holds(&tail, &encode(&tail));
    }

    #[test]
    fn packets_that_may_grow_hold(source in source()) {
        let packet = source.grown();
        let bytes = encode(&packet);
        comes_back(&packet, &bytes);
        ends_with_a_version(&packet, &bytes);
        needs_all_its_room(&packet, &bytes);
        let newer = [&bytes[..], &[1, 2, 3]].concat();
        assert_eq!(decode_packet(&newer), Ok(packet), "what is unknown is skipped");
    }

    #[test]
    fn arbitrary_bytes_are_refused_or_come_back(bytes in bytes()) {
        accepts_only_its_own::<Numbers>(&bytes);
        accepts_only_its_own::<Point>(&bytes);
        accepts_only_its_own::<Label>(&bytes);
        accepts_only_its_own::<Arrays>(&bytes);
        accepts_only_its_own::<Borrowed<'_>>(&bytes);
        accepts_only_its_own::<Lists>(&bytes);
        accepts_only_its_own::<Options<'_>>(&bytes);
        accepts_only_its_own::<Nested<'_>>(&bytes);
        accepts_only_its_own::<Event<'_>>(&bytes);
        accepts_only_its_own::<Color>(&bytes);
        accepts_only_its_own::<Level>(&bytes);
        accepts_only_its_own::<Wide>(&bytes);
        accepts_only_its_own::<Unit>(&bytes);
        accepts_only_its_own::<Lengths<'_>>(&bytes);
        accepts_only_its_own::<Network<'_>>(&bytes);
        accepts_only_its_own::<Packed>(&bytes);
        accepts_only_its_own::<Grant>(&bytes);
        accepts_only_its_own::<Status>(&bytes);
        accepts_only_its_own::<Answer<'_>>(&bytes);
        accepts_only_its_own::<Message<'_>>(&bytes);
        accepts_only_its_own::<Ports<'_>>(&bytes);
        accepts_only_its_own::<Tail<'_>>(&bytes);
        if let Ok(packet) = decode_packet::<Grown<'_>>(&bytes) {
            let known = encode(&packet);
            assert!(known.starts_with(&bytes) || bytes.starts_with(&known));
        }
    }
}

/// Mostly small bytes: as lengths, counts and flags they get further into a packet than any others.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![4 => Just(0_u8), 4 => 0..3_u8, 2 => 0..16_u8, 1 => any::<u8>()], 0..96)
}
