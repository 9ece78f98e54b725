//! Whatever users call their types and constants, and wherever these stand.

use mario_macros::Packet;
use mario_proto::{Encode, Size, decode_packet, frame_to_vec};

fn payload<P: Encode>(packet: &P) -> Vec<u8> {
    frame_to_vec(0, 0, packet).unwrap().split_off(8)
}

mod limits {
    pub(super) const NICK: usize = 4;
}

/// A square of a board.
#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Cell {
    x: u8,
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Box {
    #[mario(c_text = limits::NICK)]
    nick: String,
    #[mario(c_text = limits::NICK + 1)]
    name: String,
    #[mario(prefix = u8, max = limits::NICK * 2)]
    text: String,
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Arc<'a> {
    name: &'a str,
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
#[repr(u8)]
enum Result {
    Won = 1,
    // Rust counts it too; its number does not travel.
    #[mario(other)]
    Unknown(u8) = 0,
    Lost = 2,
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Game<'a> {
    cells: [Cell; 2],
    boxed: Option<Box>,
    arc: Arc<'a>,
    result: Result,
}

#[test]
fn types_may_have_names_of_the_standard_library() {
    let boxed = Some(Box { nick: "Mari".into(), name: "Mario".into(), text: "hi".into() });
    let game =
        Game { cells: [Cell { x: 1 }, Cell { x: 2 }], boxed, arc: Arc { name: "a" }, result: Result::Won };
    let bytes = b"\x01\x02\x01MariMario\x02hi\x01\x00a\x01";
    assert_eq!(payload(&game), bytes);
    assert_eq!(decode_packet(bytes), Ok(game));
}

#[test]
fn the_variant_for_other_numbers_may_have_a_number_in_rust() {
    assert_eq!(decode_packet(&[0]), Ok(Result::Unknown(0)));
    assert_eq!(decode_packet(&[9]), Ok(Result::Unknown(9)));
    assert_eq!(payload(&Result::Unknown(9)), [9]);
    assert_eq!(decode_packet(&[2]), Ok(Result::Lost));
}

#[derive(Clone, Debug, PartialEq)]
struct Uuid(u128);

impl From<u128> for Uuid {
    fn from(bits: u128) -> Self {
        Self(bits)
    }
}

impl From<Uuid> for u128 {
    fn from(uuid: Uuid) -> Self {
        uuid.0
    }
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Device {
    #[mario(via = u128, big_endian)]
    id: Uuid,
    #[mario(via = u128)]
    owner: Uuid,
}

#[test]
fn any_integer_may_be_what_a_type_travels_as() {
    assert_eq!(Device::SIZE, Size::fixed(32));
    let device = Device { id: Uuid(1), owner: Uuid(2) };
    let bytes = payload(&device);
    assert_eq!((bytes[15], bytes[16]), (1, 2));
    assert_eq!(decode_packet(&bytes), Ok(device));
}
