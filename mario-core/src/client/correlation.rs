//! Where a reply has the number of its request.

use mario_proto::{Decoder, Description, Field, Length, Order, Scalar, Shape, Type};

/// The number that two packets share: the request's, which the client sets, and the reply's, which the server copies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Correlation {
    /// The largest number that both have room for.
    pub(super) largest: u64,
    reply: &'static Description,
}

impl Correlation {
    /// `None` unless both packets have one.
    pub(super) fn between(request: &Description, reply: &'static Description) -> Option<Self> {
        Some(Correlation { largest: largest(request)?.min(largest(reply)?), reply })
    }

    /// The number in the payload of a reply, found without decoding it; `None` if it is not there.
    pub(super) fn read(&self, payload: &[u8]) -> Option<u64> {
        let mut input = Decoder::new(payload);
        for field in self.reply.fields() {
            match field.ty {
                Type::Scalar(scalar, order) if field.correlation => return read(scalar, order, &mut input),
                _ => skip(&field.ty, &mut input)?,
            }
        }
        None
    }

    /// Whether the numbers of both stand at the same place.
    pub(super) fn reads_like(&self, other: &Self) -> bool {
        std::ptr::eq(self.reply, other.reply)
    }
}

/// The largest number that a packet's correlation has room for.
fn largest(packet: &Description) -> Option<u64> {
    match packet.fields().iter().find(|field| field.correlation)?.ty {
        Type::Scalar(scalar, _) => Some(u64::MAX >> (64 - 8 * bytes(scalar).min(8))),
        _ => None,
    }
}

/// Steps over a value.
fn skip(ty: &Type, input: &mut Decoder<'_>) -> Option<()> {
    let size = ty.size();
    if size.is_fixed() {
        return input.take(size.min).ok().map(drop);
    }
    match *ty {
        Type::Text(length) | Type::Bytes(length) => {
            let len = count(length, input)?;
            input.take(len).ok().map(drop)
        }
        Type::List(item, length) => {
            let count = count(length, input)?;
            (0..count).try_for_each(|_| skip(item, input))
        }
        Type::Array(item, count) => (0..count).try_for_each(|_| skip(item, input)),
        Type::Option(value) => match input.take_array().ok()? {
            [0] => Some(()),
            [_] => skip(value, input),
        },
        Type::Packet(packet) => skip_packet(packet, input),
        _ => None,
    }
}

fn skip_packet(packet: &Description, input: &mut Decoder<'_>) -> Option<()> {
    match packet.shape {
        Shape::Struct { fields, .. } => skip_fields(fields, input),
        Shape::Enum { tag, order, variants } => {
            let value = tag_value(tag, read(tag, order, input)?);
            let named = variants.iter().find(|variant| !variant.other && variant.value == value);
            let variant = named.or_else(|| variants.iter().find(|variant| variant.other))?;
            skip_fields(variant.fields, input)
        }
        _ => None,
    }
}

fn skip_fields(fields: &[Field], input: &mut Decoder<'_>) -> Option<()> {
    fields.iter().try_for_each(|field| skip(&field.ty, input))
}

/// A length or count in front of its value. What has none takes the rest, and nothing follows it.
fn count(length: Length, input: &mut Decoder<'_>) -> Option<usize> {
    let (scalar, order) = length.prefix?;
    usize::try_from(read(scalar, order, input)?).ok()
}

/// The bits of a number of at most eight bytes.
fn read(scalar: Scalar, order: Order, input: &mut Decoder<'_>) -> Option<u64> {
    let bytes = input.take(bytes(scalar)).ok()?;
    let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    match order {
        _ if bytes.len() > size_of::<u64>() => None,
        Order::Little => Some(bytes.iter().rev().fold(0, add)),
        Order::Big => Some(bytes.iter().fold(0, add)),
    }
}

/// As a description has the number of a variant: that of a signed type with its sign.
fn tag_value(tag: Scalar, bits: u64) -> i64 {
    match tag {
        Scalar::I8 => i64::from(bits as i8),
        Scalar::I16 => i64::from(bits as i16),
        Scalar::I32 => i64::from(bits as i32),
        _ => bits as i64,
    }
}

fn bytes(scalar: Scalar) -> usize {
    scalar.size().min
}

#[cfg(test)]
mod tests {
    use mario_proto::{HEADER_LEN, Payload, frame_to_vec};

    use super::*;
    use crate::Packet;

    #[derive(Packet)]
    struct Ask {
        question: u8,
        #[mario(correlation)]
        number: u16,
    }

    #[derive(Packet)]
    struct Late<'a> {
        text: &'a str,
        #[mario(prefix = u8)]
        names: Vec<&'a str>,
        maybe: Option<Kind>,
        kinds: [Kind; 2],
        #[mario(correlation, big_endian)]
        number: u32,
        rest: u8,
    }

    #[derive(Clone, Packet)]
    #[repr(i8)]
    enum Kind {
        Empty = -1,
        Named { name: String } = 2,
    }

    fn payload(packet: &impl Packet) -> Vec<u8> {
        frame_to_vec(0, 0, packet).unwrap().split_off(HEADER_LEN)
    }

    #[test]
    fn the_number_is_as_wide_as_the_narrower_field() {
        let ask = Correlation::between(Ask::DESCRIPTION, Late::DESCRIPTION).unwrap();
        assert_eq!(ask.largest, 0xffff);
        let late = Correlation::between(Late::DESCRIPTION, Late::DESCRIPTION).unwrap();
        assert_eq!(late.largest, 0xffff_ffff);
        assert!(Correlation::between(Ask::DESCRIPTION, Payload::DESCRIPTION).is_none());
        assert!(Correlation::between(Payload::DESCRIPTION, Ask::DESCRIPTION).is_none());
    }

    #[test]
    fn the_number_is_found_behind_whatever_stands_before_it() {
        let ask = Correlation::between(Ask::DESCRIPTION, Ask::DESCRIPTION).unwrap();
        assert_eq!(ask.read(&payload(&Ask { question: 7, number: 0x0102 })), Some(0x0102));

        let late = Correlation::between(Late::DESCRIPTION, Late::DESCRIPTION).unwrap();
        let named = Kind::Named { name: "Mario".to_owned() };
        for maybe in [None, Some(Kind::Empty), Some(named.clone())] {
            for kinds in [[Kind::Empty, named.clone()], [named.clone(), Kind::Empty]] {
                let names = vec!["a", "", "bc"];
                let packet =
                    Late { text: "so", names, maybe: maybe.clone(), kinds, number: 0x0102_0304, rest: 9 };
                let mut bytes = payload(&packet);
                assert_eq!(late.read(&bytes), Some(0x0102_0304));
                // What is wrong behind it does not matter, what is missing before it does.
                bytes.truncate(bytes.len() - 1);
                assert_eq!(late.read(&bytes), Some(0x0102_0304));
                bytes.truncate(bytes.len() - 1);
                assert_eq!(late.read(&bytes), None);
            }
        }
    }

    #[test]
    fn what_can_not_be_stepped_over_hides_the_number() {
        let late = Correlation::between(Late::DESCRIPTION, Late::DESCRIPTION).unwrap();
        assert_eq!(late.read(&[]), None);
        assert_eq!(late.read(&[0xff; 64]), None, "a text longer than the payload");
        let unknown_kind = [0, 0, 0, 1, 5, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(late.read(&unknown_kind), None);
    }
}
