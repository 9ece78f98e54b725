//! Peers of different versions understand each other.

use mario_macros::Packet;
use mario_proto::{Decode, DecodeErrorKind, Encode, Packet, Size, decode_packet, frame_to_vec};

fn payload<P: Encode>(packet: &P) -> Vec<u8> {
    frame_to_vec(0, 0, packet).unwrap().split_off(8)
}

/// The same packet in three releases.
mod released {
    use mario_macros::Packet;

    #[derive(Debug, PartialEq, Packet)]
    #[mario(crate = mario_proto, extensible)]
    pub(super) struct V1<'a> {
        pub(super) id: u32,
        pub(super) name: &'a str,
    }

    #[derive(Debug, PartialEq, Packet)]
    #[mario(crate = mario_proto, extensible)]
    pub(super) struct V2<'a> {
        pub(super) id: u32,
        pub(super) name: &'a str,
        #[mario(since = 2, default = 18)]
        pub(super) age: u8,
        #[mario(since = 2, default)]
        pub(super) city: &'a str,
    }

    #[derive(Debug, PartialEq, Packet)]
    #[mario(crate = mario_proto, extensible)]
    pub(super) struct V3<'a> {
        pub(super) id: u32,
        pub(super) name: &'a str,
        #[mario(since = 2, default = 18)]
        pub(super) age: u8,
        #[mario(since = 2, default)]
        pub(super) city: &'a str,
        #[mario(since = 3, default = 0.5, range = 0.0..=1.0)]
        pub(super) score: f32,
    }
}

use released::{V1, V2, V3};

const OLD: V1<'_> = V1 { id: 7, name: "Mario" };
const NEW: V3<'_> = V3 { id: 7, name: "Mario", age: 40, city: "Berlin", score: 1.0 };

#[test]
fn a_newer_peer_understands_an_older_one() {
    let old = payload(&OLD);
    assert_eq!(decode_packet(&old), Ok(V2 { id: 7, name: "Mario", age: 18, city: "" }));
    assert_eq!(decode_packet(&old), Ok(V3 { id: 7, name: "Mario", age: 18, city: "", score: 0.5 }));
    let newer = payload(&V2 { id: 7, name: "Mario", age: 40, city: "Berlin" });
    assert_eq!(decode_packet(&newer), Ok(V3 { score: 0.5, ..NEW }));
}

#[test]
fn an_older_peer_understands_a_newer_one() {
    let new = payload(&NEW);
    assert_eq!(decode_packet(&new), Ok(OLD));
    assert_eq!(decode_packet(&new), Ok(V2 { id: 7, name: "Mario", age: 40, city: "Berlin" }));
    assert_eq!(decode_packet(&new), Ok(NEW));
}

#[test]
fn a_version_is_sent_whole_or_not_at_all() {
    let new = payload(&NEW);
    let refused = |len: usize| decode_packet::<V3<'_>>(&new[..len]).unwrap_err();
    for len in 0..new.len() {
        match len {
            11 | 20 => assert!(decode_packet::<V3<'_>>(&new[..len]).is_ok()),
            0..4 => assert_eq!((refused(len).field, refused(len).offset), ("V3.id", 0)),
            4..11 => assert_eq!((refused(len).field, refused(len).offset), ("V3.name", 4)),
            12..20 => assert_eq!((refused(len).field, refused(len).offset), ("V3.city", 12)),
            _ => assert_eq!((refused(len).field, refused(len).offset), ("V3.score", 20)),
        }
    }
    let mut wrong = new.clone();
    wrong[20..].copy_from_slice(&2.0_f32.to_le_bytes());
    let error = decode_packet::<V3<'_>>(&wrong).unwrap_err();
    assert_eq!((error.kind, error.field), (DecodeErrorKind::OutOfRange, "V3.score"));
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Envelope<'a> {
    to: u16,
    message: V2<'a>,
}

#[test]
fn what_may_grow_can_be_the_end_of_another_packet() {
    let mut bytes = vec![9, 0];
    bytes.extend(payload(&NEW));
    let message = V2 { id: 7, name: "Mario", age: 40, city: "Berlin" };
    assert_eq!(decode_packet(&bytes), Ok(Envelope { to: 9, message }));
}

#[test]
fn sizes_leave_room_to_grow() {
    assert_eq!(V1::SIZE, Size::rest(6));
    assert_eq!(V3::SIZE, Size::rest(6));
}

fn hash<'a, P: Packet + Decode<'a>>(version: u16) -> u64 {
    P::DESCRIPTION.schema_hash(version)
}

#[test]
fn each_version_keeps_its_hash() {
    assert_eq!((V1::DESCRIPTION.version(), V3::DESCRIPTION.version()), (1, 3));
    assert_eq!(hash::<V1<'_>>(1), hash::<V2<'_>>(1));
    assert_eq!(hash::<V1<'_>>(1), hash::<V3<'_>>(1));
    assert_eq!(hash::<V2<'_>>(2), hash::<V3<'_>>(2));
    assert_ne!(hash::<V2<'_>>(1), hash::<V2<'_>>(2));
    assert_ne!(hash::<V3<'_>>(2), hash::<V3<'_>>(3));
    // To the number, because it is a promise: whoever stored one compares it with a later release's.
    assert_eq!(hash::<V1<'_>>(1), 14_534_231_450_633_065_667);
}

/// The rows of the book's table that are about something else than `since`: what an old and a newer side make of each
/// other.
mod changed {
    use mario_macros::Packet;
    use mario_proto::List;

    #[derive(Debug, PartialEq, Packet)]
    #[mario(crate = mario_proto)]
    pub(super) struct Owned {
        pub(super) names: Vec<String>,
    }

    #[derive(Debug, PartialEq, Packet)]
    #[mario(crate = mario_proto)]
    pub(super) struct Renamed<'a> {
        pub(super) people: List<'a, &'a str>,
    }

    #[derive(Debug, PartialEq, Packet)]
    #[mario(crate = mario_proto)]
    #[repr(u8)]
    pub(super) enum OldEvent<'a> {
        Said {
            text: &'a str,
        } = 1,
        #[mario(other)]
        Unknown(u8, #[mario(rest)] &'a [u8]),
    }

    #[derive(Debug, PartialEq, Packet)]
    #[mario(crate = mario_proto)]
    #[repr(u8)]
    pub(super) enum NewEvent<'a> {
        Said {
            text: &'a str,
        } = 1,
        Moved {
            x: i16,
            y: i16,
        } = 2,
        #[mario(other)]
        Unknown(u8, #[mario(rest)] &'a [u8]),
    }

    #[derive(Debug, PartialEq, Packet)]
    #[mario(crate = mario_proto)]
    #[repr(u8)]
    pub(super) enum ReorderedEvent<'a> {
        #[mario(other)]
        Unknown(u8, #[mario(rest)] &'a [u8]),
        Moved {
            x: i16,
            y: i16,
        } = 2,
        Said {
            text: String,
        } = 1,
    }

    #[derive(Debug, PartialEq, Packet)]
    #[mario(crate = mario_proto, extensible)]
    pub(super) struct Wired<'a> {
        #[mario(big_endian)]
        pub(super) id: u32,
        #[mario(prefix = u8, max = 9)]
        pub(super) name: &'a str,
        #[mario(c_text = 16)]
        pub(super) nick: &'a str,
        pub(super) pair: [Option<f64>; 2],
        pub(super) exact: Exact,
        pub(super) flag: bool,
        #[mario(since = 2, default)]
        pub(super) events: Vec<Color>,
    }

    #[derive(Debug, PartialEq, Packet)]
    #[mario(crate = mario_proto, big_endian)]
    #[repr(i16)]
    pub(super) enum Color {
        Red = -1,
        Green = 1,
    }

    #[derive(Debug, PartialEq, Packet)]
    #[mario(crate = mario_proto)]
    pub(super) struct Narrow {
        #[mario(range = ..10)]
        pub(super) level: u8,
    }

    #[derive(Debug, PartialEq, Packet)]
    #[mario(crate = mario_proto)]
    pub(super) struct Wide {
        #[mario(range = ..20)]
        pub(super) level: u8,
    }

    #[derive(Debug, PartialEq, Packet)]
    #[mario(crate = mario_proto)]
    pub(super) struct Exact {
        pub(super) id: u16,
    }

    #[derive(Debug, PartialEq, Packet)]
    #[mario(crate = mario_proto, extensible)]
    pub(super) struct MayGrow {
        pub(super) id: u16,
    }
}

use changed::{
    Color, Exact, MayGrow, Narrow, NewEvent, OldEvent, Owned, Renamed, ReorderedEvent, Wide, Wired,
};

#[test]
fn the_order_in_which_variants_are_declared_does_not_travel() {
    assert_eq!(hash::<NewEvent<'_>>(1), hash::<ReorderedEvent<'_>>(1));
    assert_ne!(hash::<NewEvent<'_>>(1), hash::<OldEvent<'_>>(1));
    let moved = payload(&NewEvent::Moved { x: 1, y: -1 });
    assert_eq!(decode_packet(&moved), Ok(ReorderedEvent::Moved { x: 1, y: -1 }));
}

/// As [`each_version_keeps_its_hash`]: what these hashes are made of does not change either.
#[test]
fn hashes_are_pinned() {
    let hashes = [
        hash::<Exact>(1),
        hash::<Owned>(1),
        hash::<Color>(1),
        hash::<NewEvent<'_>>(1),
        hash::<Wired<'_>>(1),
        hash::<Wired<'_>>(2),
    ];
    let pinned = [
        10_565_385_144_095_041_770,
        6_438_885_359_206_323_951,
        14_112_531_321_532_600_503,
        14_026_929_794_960_123_214,
        18_393_016_859_719_478_230,
        238_028_634_727_518_877,
    ];
    assert_eq!(hashes, pinned);
}

#[test]
fn names_and_ownership_are_free() {
    let sent = payload(&Owned { names: vec!["Mario".into(), "Luigi".into()] });
    let read: Renamed<'_> = decode_packet(&sent).unwrap();
    assert!(read.people.iter().eq(["Mario", "Luigi"]));
    assert_eq!(payload(&read), sent);
    assert_eq!(Owned::DESCRIPTION.schema_hash(1), <Renamed<'_> as Packet>::DESCRIPTION.schema_hash(1));
}

#[test]
fn an_older_peer_keeps_a_variant_that_it_does_not_know() {
    let sent = payload(&NewEvent::Moved { x: 1, y: -1 });
    let read: OldEvent<'_> = decode_packet(&sent).unwrap();
    assert_eq!(read, OldEvent::Unknown(2, &[1, 0, 0xff, 0xff]));
    assert_eq!(payload(&read), sent, "and passes it on as it was");
    let sent = payload(&OldEvent::Said { text: "hi" });
    assert_eq!(decode_packet(&sent), Ok(NewEvent::Said { text: "hi" }));
}

#[test]
fn a_wider_range_is_one_way() {
    assert_eq!(decode_packet(&payload(&Narrow { level: 9 })), Ok(Wide { level: 9 }));
    let refused = decode_packet::<Narrow>(&payload(&Wide { level: 10 })).unwrap_err();
    assert_eq!((refused.kind, refused.field), (DecodeErrorKind::OutOfRange, "Narrow.level"));
}

#[test]
fn whether_it_may_grow_does_not_change_a_packet_that_has_not() {
    assert_eq!(payload(&Exact { id: 7 }), payload(&MayGrow { id: 7 }));
    let grown = [7, 0, 1];
    assert_eq!(decode_packet(&grown), Ok(MayGrow { id: 7 }));
    assert_eq!(decode_packet::<Exact>(&grown).unwrap_err().kind, DecodeErrorKind::LeftOver { bytes: 1 });
}
