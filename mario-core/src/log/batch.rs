//! Lines that are written together, and what is lost with those that are not.

use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A batch is written when it has so many bytes, or so many lines, or when no more lines wait.
const BYTES: usize = 64 << 10;
const LINES: usize = 1 << 10;

/// Formatted lines.
pub(super) struct Batch {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

struct Entry {
    /// Where it ends in the bytes.
    end: usize,
    kind: Kind,
}

enum Kind {
    Line,
    /// Says that so many lines were lost.
    Notice(u64),
}

/// What goes with the part of a batch that can't be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Loss {
    /// How many lines.
    pub(super) lines: u64,
    /// Of how many lines nobody knows then that they were lost: these, and those of the lost notices.
    pub(super) unsaid: u64,
}

impl Batch {
    pub(super) fn push_line(&mut self, line: fmt::Arguments<'_>) {
        self.push(line, Kind::Line);
    }

    /// Adds the notice that `lost` lines were lost.
    pub(super) fn push_notice(&mut self, notice: fmt::Arguments<'_>, lost: u64) {
        self.push(notice, Kind::Notice(lost));
    }

    fn push(&mut self, text: fmt::Arguments<'_>, kind: Kind) {
        // A `Vec` takes all that is written to it.
        let _ = writeln!(self.bytes, "{text}");
        self.entries.push(Entry { end: self.bytes.len(), kind });
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= BYTES || self.entries.len() >= LINES
    }

    /// What is lost if only `written` bytes of the batch are.
    pub(super) fn loss_after(&self, written: usize) -> Loss {
        let lost = self.entries.iter().rev().take_while(|entry| entry.end > written);
        lost.fold(Loss::default(), |loss, entry| match entry.kind {
            Kind::Line => Loss { lines: loss.lines + 1, unsaid: loss.unsaid + 1 },
            Kind::Notice(lines) => Loss { unsaid: loss.unsaid + lines, ..loss },
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
    }
}

impl Default for Batch {
    fn default() -> Self {
        Batch { bytes: Vec::with_capacity(2 * BYTES), entries: Vec::with_capacity(2 * LINES) }
    }
}

/// The batch that is being filled: by fern, and by the log thread, which is also who calls fern. So nobody ever waits.
#[derive(Clone, Default)]
pub(super) struct SharedBatch(Arc<Mutex<Batch>>);

impl SharedBatch {
    pub(super) fn lock(&self) -> MutexGuard<'_, Batch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_notice_is_to_be_said_again() {
        let mut batch = Batch::default();
        batch.push_line(format_args!("one"));
        batch.push_notice(format_args!("lost 7"), 7);
        batch.push_line(format_args!("two"));
        assert_eq!(batch.bytes(), b"one\nlost 7\ntwo\n");
        assert_eq!(batch.loss_after(0), Loss { lines: 2, unsaid: 9 });
        assert_eq!(batch.loss_after(3), Loss { lines: 2, unsaid: 9 });
        assert_eq!(batch.loss_after(4), Loss { lines: 1, unsaid: 8 });
        assert_eq!(batch.loss_after(11), Loss { lines: 1, unsaid: 1 });
        assert_eq!(batch.loss_after(15), Loss::default());
    }
}
