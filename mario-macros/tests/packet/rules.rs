//! Values that are more than their type says, and rules beyond it: both sides obey.

use std::net::Ipv4Addr;

use mario_macros::Packet;
use mario_proto::{DecodeErrorKind, Encode, EncodeErrorKind, Encoder, decode_packet, frame_to_vec};

fn payload<P: Encode>(packet: &P) -> Vec<u8> {
    frame_to_vec(0, 0, packet).unwrap().split_off(8)
}

bitflags::bitflags! {
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Rights: u16 {
        const READ = 1;
        const WRITE = 2;
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct UserId(u32);

impl From<u32> for UserId {
    fn from(id: u32) -> Self {
        Self(id)
    }
}

impl From<UserId> for u32 {
    fn from(id: UserId) -> Self {
        id.0
    }
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Grant {
    #[mario(bits = u16)]
    rights: Rights,
    #[mario(via = u32)]
    user: UserId,
    #[mario(via = u32, big_endian)]
    from: Ipv4Addr,
}

#[test]
fn flags_and_newtypes_travel_as_integers() {
    let grant = Grant { rights: Rights::READ | Rights::WRITE, user: UserId(7), from: Ipv4Addr::LOCALHOST };
    let bytes = [3, 0, 7, 0, 0, 0, 127, 0, 0, 1];
    assert_eq!(payload(&grant), bytes);
    assert_eq!(decode_packet(&bytes), Ok(grant));
    assert_eq!(Grant::SIZE.max, Some(10));

    let error = decode_packet::<Grant>(&[5, 0, 7, 0, 0, 0, 127, 0, 0, 1]).unwrap_err();
    assert_eq!(
        (error.kind, error.field, error.offset),
        (DecodeErrorKind::UnknownBits { found: 5 }, "Grant.rights", 0)
    );
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto, check = Self::in_order)]
struct Slot {
    day: u8,
    #[mario(range = 0.0..=24.0)]
    from: f32,
    #[mario(range = ..LATEST)]
    to: u8,
    #[mario(check = is_name, prefix = u8)]
    name: String,
}

const LATEST: u8 = 25;

impl Slot {
    fn in_order(&self) -> bool {
        self.from <= f32::from(self.to)
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
}

fn slot(from: f32, to: u8, name: &str) -> Slot {
    Slot { day: 1, from, to, name: name.to_owned() }
}

#[test]
fn rules_hold_on_both_sides() {
    let fine = slot(8.0, 17, "x");
    assert_eq!(decode_packet(&payload(&fine)), Ok(fine));

    let cases = [
        (slot(-1.0, 17, "x"), DecodeErrorKind::OutOfRange, EncodeErrorKind::OutOfRange, "Slot.from", 1),
        (slot(8.0, 25, "x"), DecodeErrorKind::OutOfRange, EncodeErrorKind::OutOfRange, "Slot.to", 5),
        (slot(8.0, 17, ""), DecodeErrorKind::Refused, EncodeErrorKind::Refused, "Slot.name", 6),
        (slot(18.0, 17, "x"), DecodeErrorKind::Refused, EncodeErrorKind::Refused, "", 0),
    ];
    for (slot, decode, encode, field, offset) in cases {
        let error = slot.encode(&mut Encoder::new(&mut [0; 64])).unwrap_err();
        assert_eq!((error.kind, error.field), (encode, field));

        let mut bytes = vec![slot.day];
        bytes.extend(slot.from.to_le_bytes());
        bytes.extend([slot.to, slot.name.len() as u8]);
        bytes.extend(slot.name.bytes());
        let error = decode_packet::<Slot>(&bytes).unwrap_err();
        assert_eq!((error.kind, error.field, error.offset), (decode, field, offset));
    }
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto, check = Command::is_sane)]
#[repr(u8)]
enum Command {
    Stop,
    #[allow(dead_code)]
    Go(#[mario(range = 1..)] u16),
}

impl Command {
    fn is_sane(&self) -> bool {
        *self != Self::Go(666)
    }
}

#[test]
fn enums_have_rules_too() {
    assert_eq!(decode_packet(&[0]), Ok(Command::Stop));
    assert_eq!(decode_packet(&[1, 1, 0]), Ok(Command::Go(1)));
    let error = decode_packet::<Command>(&[1, 0, 0]).unwrap_err();
    assert_eq!((error.kind, error.field, error.offset), (DecodeErrorKind::OutOfRange, "Command.Go.0", 1));
    let error = decode_packet::<Command>(&[1, 0x9a, 0x02]).unwrap_err();
    assert_eq!((error.kind, error.field, error.offset), (DecodeErrorKind::Refused, "", 0));
}
