//! What only the compiler can see is wrong with a packet: each function runs in a constant of its own, where its panic is
//! a compile error at the caller's token, and no other constant fails with it.

use crate::describe::{Description, Field, Shape, Type, size_of_fields};
use crate::format::Format;
use crate::{Encode, HEADER_LEN, Packet};

/// The most bytes that a payload has.
const LONGEST: usize = u16::MAX as usize - HEADER_LEN;

/// Refuses a field that takes the rest, though others follow it.
#[track_caller]
pub const fn assert_ends<F: Format>() {
    if !F::SIZE.open {
        return;
    }
    assert!(
        !may_grow(&F::TYPE),
        "an `extensible` packet takes all that a newer peer sends, so nothing can follow it: make it the last field, or \
         remove `extensible` from its declaration"
    );
    panic!(
        "this takes the rest of the payload, so nothing can follow it: make it the last field, or give a length to what \
         takes the rest in it"
    );
}

/// Whether it is open because it is an extensible packet, or ends with one.
const fn may_grow(ty: &Type) -> bool {
    match ty {
        Type::Option(inner) => may_grow(inner),
        Type::Packet(Description { shape: Shape::Struct { extensible: true, .. }, .. }) => true,
        Type::Packet(Description { shape: Shape::Struct { fields: [.., last], .. }, .. }) => {
            may_grow(&last.ty)
        }
        _ => false,
    }
}

/// Refuses the items of a list or an array if they take the rest.
#[track_caller]
pub const fn assert_repeats<T: Encode>() {
    if !T::SIZE.open {
        return;
    }
    assert!(
        !may_grow(&T::TYPE),
        "an `extensible` packet takes all that a newer peer sends, so there can be only one: remove `extensible` from its \
         declaration"
    );
    panic!(
        "this takes the rest of the payload, so there can be only one: give a length to what takes the rest in it, or do \
         without the list"
    );
}

/// Refuses the items of a list that a few bytes could make endless.
#[track_caller]
pub const fn assert_some_bytes<T: Encode>() {
    // What takes the rest is told so alone.
    assert!(
        T::SIZE.min > 0 || T::SIZE.open,
        "an item of this list may take no bytes, so its count could claim any number: give the item a field, or send the \
         count alone"
    );
}

/// Refuses a limit that no length before it can reach.
#[track_caller]
pub const fn assert_limit<P: Encode>(max: usize) {
    let bits = P::SIZE.min * 8;
    assert!(
        bits >= usize::BITS as usize || max >> bits == 0,
        "this `max` is above what its prefix can say: use a wider `prefix`, or a lower `max`"
    );
}

/// Refuses a packet that no frame is long enough for.
#[track_caller]
pub const fn assert_fits_frame<P: Packet>() {
    let packet = P::DESCRIPTION;
    assert!(
        packet.size().min <= LONGEST || has_larger(packet.fields()),
        "this packet takes more than the 65,527 bytes that a frame has room for: send it in parts"
    );
}

/// The same for a variant of an enum.
#[track_caller]
pub const fn assert_variant_fits_frame<P: Packet>(variant: usize) {
    let Shape::Enum { tag, .. } = P::DESCRIPTION.shape else { return };
    let fields = P::DESCRIPTION.fields_of(variant);
    assert!(
        tag.size().min + size_of_fields(fields).min <= LONGEST || has_larger(fields),
        "this variant takes more than the 65,527 bytes that a frame has room for: send it in parts"
    );
}

/// Whether one of the fields alone is too large: then its own packet says so.
const fn has_larger(mut fields: &[Field]) -> bool {
    while let [field, others @ ..] = fields {
        if is_larger(&field.ty) {
            return true;
        }
        fields = others;
    }
    false
}

const fn is_larger(ty: &Type) -> bool {
    match ty {
        Type::Packet(packet) => packet.size().min > LONGEST,
        Type::Array(item, _) => is_larger(item),
        _ => false,
    }
}
