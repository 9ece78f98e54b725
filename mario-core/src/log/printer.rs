//! From records to lines: escaped, formatted, and passed through fern to the batch.

use std::fmt::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::time::SystemTime;

use ::log::{Level, Log};

use super::batch::SharedBatch;
use super::config::Format;
use super::escape::escape;
use super::line::{self, Line};
use super::record::Record;

/// Turns records into lines. Its texts are kept for their memory.
pub(super) struct Printer {
    format: Format,
    batch: SharedBatch,
    target: String,
    message: String,
    line: String,
}

impl Printer {
    pub(super) fn new(format: Format, batch: SharedBatch) -> Self {
        Printer { format, batch, target: String::new(), message: String::new(), line: String::new() }
    }

    /// Writes the line of a record through `dispatch`.
    pub(super) fn print(&mut self, dispatch: &dyn Log, thread: &str, record: &Record<'_>) {
        self.target.clear();
        escape(record.target, &mut self.target);
        self.message.clear();
        escape(record.message, &mut self.message);
        if record.cut > 0 {
            // A `String` takes all that is written to it.
            let _ = write!(self.message, " [{} bytes cut off]", record.cut);
        }
        let (target, message) = (self.target.as_str(), self.message.as_str());
        let line = Line { time: record.time, level: record.level, thread, target, message };
        format(&self.format, &line, &mut self.line);
        dispatch.log(
            &::log::Record::builder()
                .level(record.level)
                .target(record.target)
                .args(format_args!("{}", self.line))
                .build(),
        );
    }

    /// Writes, whatever the levels are, that so many lines were lost.
    pub(super) fn notice(&mut self, lost: u64, message: fmt::Arguments<'_>) {
        self.message.clear();
        let _ = write!(self.message, "{message}");
        let line = Line {
            time: SystemTime::now(),
            level: Level::Warn,
            thread: "mario-log",
            target: "mario::log",
            message: &self.message,
        };
        format(&self.format, &line, &mut self.line);
        self.batch.lock().push_notice(format_args!("{}", self.line), lost);
    }
}

/// Replaces `text` by the formatted line.
fn format(format: &Format, line: &Line<'_>, text: &mut String) {
    text.clear();
    // What a format wrote before it failed is the line.
    let formatted = panic::catch_unwind(AssertUnwindSafe(|| {
        let _ = format(line, text);
    }));
    if formatted.is_err() {
        text.clear();
        let _ = line::human(line, text);
    }
}
