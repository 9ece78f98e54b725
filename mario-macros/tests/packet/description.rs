//! What a packet says about itself, as constant data.

use std::net::Ipv4Addr;
use std::ops::Bound;

use mario_macros::Packet;
use mario_proto::{Description, Field, Length, Number, Order, Packet, Scalar, Shape, Size, Type};

/// Where someone stands.
///
/// In metres.
#[derive(Packet)]
#[mario(crate = mario_proto, extensible)]
struct Place<'a> {
    /// East of the origin.
    #[mario(range = -90.0 ..= 90.0)]
    x: f32,
    #[mario(big_endian)]
    floors: [i16; 2],
    #[mario(prefix = u8, max = 20)]
    name: &'a str,
    #[mario(c_text = 4)]
    code: &'a str,
    kind: Kind,
    seen: Option<Vec<bool>>,
    #[mario(since = 2, default)]
    #[mario(prefix = u32)]
    icon: &'a [u8],
}

#[derive(Default, Packet)]
#[mario(crate = mario_proto)]
#[repr(i8)]
enum Kind {
    /// Nobody lives there.
    #[default]
    Wild = -1,
    Town {
        people: u64,
    } = 1,
    #[mario(other)]
    Unknown(
        /// What it is.
        i8,
    ),
}

const PLACE: &Description = Place::DESCRIPTION;

#[test]
fn a_packet_describes_itself() {
    assert_eq!((PLACE.name, PLACE.doc), ("Place", "Where someone stands.\n\nIn metres."));
    assert!(matches!(PLACE.shape, Shape::Struct { extensible: true, .. }));
    assert_eq!(PLACE.size(), Size::rest(4 + 4 + 1 + 4 + 1 + 1));

    let text = Length { prefix: Some((Scalar::U8, Order::Little)), max: 20 };
    const LIST: Length = Length { prefix: Some((Scalar::U16, Order::Little)), max: 65_535 };
    let bytes = Length { prefix: Some((Scalar::U32, Order::Little)), max: 4_294_967_295 };
    let expected = [
        ("Place.x", Type::Scalar(Scalar::F32, Order::Little)),
        ("Place.floors", Type::Array(&Type::Scalar(Scalar::I16, Order::Big), 2)),
        ("Place.name", Type::Text(text)),
        ("Place.code", Type::CText(4)),
        ("Place.kind", Type::Packet(Kind::DESCRIPTION)),
        ("Place.seen", Type::Option(&Type::List(&Type::Bool, LIST))),
        ("Place.icon", Type::Bytes(bytes)),
    ];
    let found: Vec<_> = PLACE.fields().iter().map(|field| (field.path, field.ty)).collect();
    assert_eq!(found, expected);

    let [x, .., icon] = PLACE.fields() else { panic!("fields") };
    assert_eq!((x.doc, x.since, x.default), ("East of the origin.", 1, None));
    assert_eq!((icon.since, icon.default), (2, Some("Default::default()")));
}

#[test]
fn fields_tell_where_they_start_as_long_as_all_values_are_alike() {
    let offsets: Vec<_> = PLACE.fields().iter().map(|field| field.offset).collect();
    assert_eq!(offsets, [Some(0), Some(4), Some(8), None, None, None, None]);
    let Shape::Enum { variants, .. } = Kind::DESCRIPTION.shape else { panic!("no enum") };
    assert_eq!(variants[1].fields[0].offset, Some(1), "behind the number of the variant");
}

const LATEST: u8 = 25;
const LOWEST: i64 = -1 - LATEST as i64;

fn is_odd(number: &u8) -> bool {
    number % 2 == 1
}

bitflags::bitflags! {
    #[derive(Clone, Copy)]
    struct Rights: u16 {
        const READ = 1;
    }
}

#[derive(Packet)]
#[mario(crate = mario_proto, extensible, check = Self::is_valid)]
struct Rules {
    #[mario(range = ..LATEST)]
    hour: u8,
    #[mario(range = LOWEST..=LATEST as i64 * 2)]
    level: i64,
    #[mario(range = u128::MAX - 1..)]
    huge: u128,
    #[mario(check = is_odd)]
    odd: u8,
    #[mario(bits = u16)]
    rights: Rights,
    #[mario(via = u32, big_endian)]
    address: Ipv4Addr,
    #[mario(since = 2, default = LATEST - 7)]
    age: u8,
}

impl Rules {
    fn is_valid(&self) -> bool {
        true
    }
}

#[test]
fn a_packet_tells_its_rules() {
    let [hour, level, huge, odd, rights, address, age] = Rules::DESCRIPTION.fields() else {
        panic!("fields")
    };
    assert_eq!(Rules::DESCRIPTION.check, Some("Self::is_valid"));
    let range = |field: &Field| field.range.map(|range| range.to_string());
    assert_eq!(range(hour).as_deref(), Some("..25"));
    assert_eq!(range(level).as_deref(), Some("-26..=50"));
    assert_eq!(range(huge).as_deref(), Some("340282366920938463463374607431768211454.."));
    assert_eq!(hour.range.unwrap().end, Bound::Excluded(Number::Unsigned(25)));
    assert_eq!((odd.range, odd.check), (None, Some("is_odd")));
    assert_eq!((rights.ty, rights.flags), (Type::Scalar(Scalar::U16, Order::Little), true));
    assert_eq!((address.ty, address.flags), (Type::Scalar(Scalar::U32, Order::Big), false));
    assert_eq!((age.default, age.offset), (Some("LATEST - 7"), Some(32)));
}

#[test]
fn what_stands_for_other_numbers_tells_of_the_field_that_holds_them() {
    let Shape::Enum { variants, .. } = Kind::DESCRIPTION.shape else { panic!("no enum") };
    let [wild, .., unknown] = variants else { panic!("variants") };
    assert!(wild.number.is_none());
    let number = unknown.number.unwrap();
    assert_eq!((number.path, number.doc), ("Kind.Unknown.0", "What it is."));
    assert_eq!((number.ty, number.offset), (Type::Scalar(Scalar::I8, Order::Little), Some(0)));
}

#[test]
fn an_enum_describes_its_variants() {
    let Shape::Enum { tag, variants, .. } = Kind::DESCRIPTION.shape else { panic!("no enum") };
    assert_eq!(tag, Scalar::I8);
    let found: Vec<_> = variants
        .iter()
        .map(|variant| (variant.name, variant.doc, variant.value, variant.other, variant.fields.len()))
        .collect();
    assert_eq!(
        found,
        [
            ("Wild", "Nobody lives there.", -1, false, 0),
            ("Town", "", 1, false, 1),
            ("Unknown", "", 2, true, 0)
        ]
    );
    assert_eq!(variants[1].fields[0].path, "Kind.Town.people");
}
