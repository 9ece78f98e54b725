//! What happened, in order: as one number to compare runs by, or as lines to read.

use std::fmt::{Arguments, Write};
use std::time::Duration;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Detail {
    /// Nothing is kept, which is fastest.
    #[default]
    Nothing,
    /// One number for all of it.
    Hash,
    /// Each line is printed.
    Lines,
}

#[derive(Default)]
pub(super) struct Trace {
    detail: Detail,
    line: String,
    hash: u64,
}

impl Trace {
    pub(super) fn new(detail: Detail) -> Self {
        Trace { detail, line: String::new(), hash: 0xcbf2_9ce4_8422_2325 }
    }

    pub(super) fn note(&mut self, now: Duration, what: Arguments<'_>) {
        if self.detail == Detail::Nothing {
            return;
        }
        self.line.clear();
        // A string takes all that is written to it.
        let _ = write!(self.line, "{:>14.6}  {what}", now.as_secs_f64());
        // FNV-1a.
        for byte in self.line.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if self.detail == Detail::Lines {
            println!("{}", self.line);
        }
    }

    pub(super) fn hash(&self) -> u64 {
        self.hash
    }
}
