//! What generated code declares packets and commands with.

use crate::describe::Field;
use crate::format::Format;
use crate::{IntoReply, Request, is_reserved};

/// A field. That its type can stand there is for the module `asserts`.
pub const fn field<F: Format>(path: &'static str, doc: &'static str) -> Field {
    Field {
        path,
        doc,
        ty: F::TYPE,
        size: F::SIZE,
        offset: None,
        range: None,
        check: None,
        flags: false,
        since: 1,
        default: None,
        correlation: false,
        head: F::HEAD,
        any_bytes: F::ANY_BYTES,
    }
}

/// The field that holds the number of a variant.
pub const fn number<F: Format>(path: &'static str, doc: &'static str) -> Field {
    Field { offset: Some(0), ..field::<F>(path, doc) }
}

/// Fields, one after another, of which the first starts `at` so many bytes.
pub const fn fields<const N: usize>(at: usize, mut fields: [Field; N]) -> [Field; N] {
    let mut offset = Some(at);
    let mut i = 0;
    while i < N {
        fields[i].offset = offset;
        offset = match offset {
            Some(offset) if fields[i].size.is_fixed() => Some(offset + fields[i].size.min),
            _ => None,
        };
        i += 1;
    }
    fields
}

/// The id of what stands in for a command that does not compile.
pub const STUB: u16 = 0xffff;

/// Refuses an id that no command may have; for one that only the compiler knows.
#[track_caller]
pub const fn assert_free(id: u16) {
    assert!(!is_reserved(id), "this id names an event of the connection itself: take one below 0xfffc");
}

/// The command of a request, whose handler returns its reply.
pub const fn command_of<Q: Request, R: IntoReply<Packet: Is<Q::Reply>>>() -> u16 {
    Q::COMMAND
}

/// Every type is itself. So a reply of another type is told in our words.
#[diagnostic::on_unimplemented(
    message = "this request is answered by `{T}`, not by `{Self}`",
    label = "not the reply of its request",
    note = "the request says what answers it, with `#[mario(command = …, reply = …)]`: return that, or change it there"
)]
pub trait Is<T> {}

impl<T> Is<T> for T {}
