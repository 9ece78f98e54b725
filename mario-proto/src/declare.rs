//! What generated code declares a packet with. Each function runs in a constant, where its panic is a compile error at
//! the caller's token.

use crate::describe::{Field, Length, Type};
use crate::format::{Format, some_bytes};
use crate::{HEADER_LEN, IntoReply, Packet, Request, is_reserved};

/// A field that others follow.
#[track_caller]
pub const fn field<F: Format>(path: &'static str, doc: &'static str) -> Field {
    assert!(!F::SIZE.open, "this takes the rest of the payload, so it has to be the last field");
    last_field::<F>(path, doc)
}

/// The last field of a packet.
#[track_caller]
pub const fn last_field<F: Format>(path: &'static str, doc: &'static str) -> Field {
    check(&F::TYPE);
    Field {
        path,
        doc,
        ty: F::TYPE,
        size: F::SIZE,
        range: "",
        since: 1,
        correlation: false,
        head: F::HEAD,
        any_bytes: F::ANY_BYTES,
    }
}

/// Refuses a packet that no frame is long enough for.
#[track_caller]
pub const fn assert_fits_frame<P: Packet>() {
    assert!(
        P::DESCRIPTION.size().min <= u16::MAX as usize - HEADER_LEN,
        "this packet takes more than the 65,527 bytes that a frame has room for: send it in parts"
    );
}

/// The id of what stands in for a command that does not compile.
pub const STUB: u16 = 0xffff;

/// Refuses an id that no command may have; for one that only the compiler knows.
#[track_caller]
pub const fn assert_free(id: u16) {
    assert!(!is_reserved(id), "this id names an event of the connection itself: take one below 0xfffc");
}

/// The command of a request, whose handler returns its reply.
pub const fn command_of<Q: Request, R: IntoReply<Packet = Q::Reply>>() -> u16 {
    Q::COMMAND
}

/// Refuses lists that a few bytes could make endless, and limits that no count can reach.
#[track_caller]
const fn check(ty: &Type) {
    match *ty {
        Type::Text(length) | Type::Bytes(length) => check_limit(length),
        Type::List(item, length) => {
            check_limit(length);
            some_bytes(item.size());
            assert!(
                !item.size().open,
                "an item of this list takes the rest of the payload, so there can be only one"
            );
            check(item);
        }
        Type::Array(item, _) | Type::Option(item) => check(item),
        _ => {}
    }
}

#[track_caller]
const fn check_limit(length: Length) {
    if let Some((prefix, _)) = length.prefix {
        let bits = prefix.size().min * 8;
        assert!(
            bits >= usize::BITS as usize || length.max >> bits == 0,
            "this `max` is above what its prefix can say: use a wider `prefix`, or a lower `max`"
        );
    }
}
