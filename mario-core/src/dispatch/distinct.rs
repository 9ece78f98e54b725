//! No two commands of a table may have one id: found while the service is compiled, and told at the second of them.

use super::{Entry, STUB};
use crate::service::Service;

/// The longest text of an error; what is longer is cut.
const LONGEST: usize = 400;

/// Whether all ids differ. Looked at first, as it takes one pass however many commands there are.
#[doc(hidden)]
pub const fn all_distinct<S: Service>(entries: &[Entry<S>]) -> bool {
    let mut seen = [0u64; 1 << 10];
    let mut i = 0;
    while i < entries.len() {
        let id = entries[i].id() as usize;
        if seen[id / 64] >> (id % 64) & 1 == 1 && entries[i].id() != STUB {
            return false;
        }
        seen[id / 64] |= 1 << (id % 64);
        i += 1;
    }
    true
}

/// Does not compile if the id of `entries[at]` is an earlier one's too.
///
/// # Panics
/// In that case, with both names and the id.
#[doc(hidden)]
#[track_caller]
pub const fn assert_distinct<S: Service>(entries: &[Entry<S>], at: usize) {
    let mut i = 0;
    while i < at && entries[at].id() != STUB {
        if entries[i].id() == entries[at].id() {
            let text = Text::new()
                .with("`")
                .with(entries[at].name())
                .with("` has the id of `")
                .with(entries[i].name())
                .with("`, ")
                .with_hex(entries[at].id())
                .with(": give one of them another");
            panic!("{}", text.as_str());
        }
        i += 1;
    }
}

/// A text that is put together in a constant.
struct Text {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Text {
    const fn new() -> Self {
        Text { bytes: [0; LONGEST], len: 0 }
    }

    const fn with(mut self, part: &str) -> Self {
        let part = part.as_bytes();
        let mut i = 0;
        while i < part.len() && self.len < LONGEST {
            self.bytes[self.len] = part[i];
            self.len += 1;
            i += 1;
        }
        self
    }

    const fn with_hex(self, id: u16) -> Self {
        const DIGITS: &str = "0123456789abcdef";
        let mut text = self.with("0x");
        let mut shift = 16;
        while shift > 0 {
            shift -= 4;
            let digit = (id >> shift & 0xf) as usize;
            text = text.with(DIGITS.split_at(digit).1.split_at(1).0);
        }
        text
    }

    const fn as_str(&self) -> &str {
        match str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            // A cut in the middle of a character.
            Err(_) => "two commands have one id",
        }
    }
}
