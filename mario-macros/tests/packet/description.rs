//! What a packet says about itself, as constant data.

use mario_macros::Packet;
use mario_proto::{Description, Length, Order, Packet, Scalar, Shape, Size, Type};

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
    Unknown(i8),
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
    assert_eq!((x.doc, x.range, x.since), ("East of the origin.", "-90.0..=90.0", 1));
    assert_eq!(icon.since, 2);
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
