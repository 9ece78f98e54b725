//! No two commands of a table may have one id: found while the service is compiled, and told at the second of them.

use mario_proto::__private::STUB;

/// The longest text of an error; what is longer is cut.
const LONGEST: usize = 400;

/// Whether all ids differ. Looked at first, as it takes one pass however many commands there are.
#[doc(hidden)]
pub const fn all_distinct(names: &[(u16, &str)]) -> bool {
    let mut seen = [0u64; 1 << 10];
    let mut i = 0;
    while i < names.len() {
        let id = names[i].0 as usize;
        if seen[id / 64] >> (id % 64) & 1 == 1 && names[i].0 != STUB {
            return false;
        }
        seen[id / 64] |= 1 << (id % 64);
        i += 1;
    }
    true
}

/// Does not compile if the id of `names[at]` is an earlier one's too.
///
/// # Panics
/// In that case, with both names and the id.
#[doc(hidden)]
#[track_caller]
pub const fn assert_distinct(names: &[(u16, &str)], at: usize) {
    let (id, name) = names[at];
    let mut i = 0;
    while i < at && id != STUB {
        if names[i].0 == id {
            let text = Text::new()
                .with("`")
                .with(name)
                .with("` has the id of `")
                .with(names[i].1)
                .with("`, ")
                .with_hex(id)
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
