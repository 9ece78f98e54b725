//! What lines are written to, and what becomes of those that it refuses.

use std::io::{self, ErrorKind, Write};
use std::panic::{self, AssertUnwindSafe};

use super::batch::Batch;

/// A writer that may fail, and recover.
pub(super) struct Sink {
    name: String,
    out: Box<dyn Write + Send>,
    /// Whether the last write ended within a line.
    is_torn: bool,
    is_failing: bool,
    /// Of how many lost lines the log does not say so yet, and why the last of them were lost.
    unsaid: u64,
    reason: String,
}

impl Sink {
    /// A sink that notices call by that name.
    pub(super) fn new(name: String, out: Box<dyn Write + Send>) -> Self {
        Sink { name, out, is_torn: false, is_failing: false, unsaid: 0, reason: String::new() }
    }

    /// Writes and clears the batch. Returns how many of its lines were lost.
    pub(super) fn write(&mut self, batch: &mut Batch) -> u64 {
        if batch.is_empty() {
            return 0;
        }
        let mut written = 0;
        // A writer of the user may panic; without this, that would be the end of all logging.
        let result = panic::catch_unwind(AssertUnwindSafe(|| self.write_bytes(batch.bytes(), &mut written)))
            .unwrap_or_else(|_| Err(io::Error::other("it panicked")));
        if written > 0 {
            self.is_torn = !batch.bytes()[..written].ends_with(b"\n");
        }
        let loss = batch.loss_after(written);
        self.unsaid += loss.unsaid;
        batch.clear();
        match result {
            Ok(()) => self.is_failing = false,
            Err(error) => self.fail(&error),
        }
        loss.lines
    }

    fn write_bytes(&mut self, bytes: &[u8], written: &mut usize) -> io::Result<()> {
        if self.is_torn {
            self.out.write_all(b"\n")?;
            self.is_torn = false;
        }
        while *written < bytes.len() {
            match self.out.write(&bytes[*written..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(more) => *written = bytes.len().min(*written + more),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        // How much of it a writer that buffers has lost, only it could tell.
        self.out.flush().inspect_err(|_| *written = 0)
    }

    /// Tells an operator at once, as the log can't.
    fn fail(&mut self, error: &io::Error) {
        self.reason = format!("writing {} failed: {error}", self.name);
        if !self.is_failing {
            self.is_failing = true;
            // If this fails too, there is nowhere left to say so.
            let _ = writeln!(io::stderr(), "mario: {}; lines are lost until it works again", self.reason);
        }
    }

    /// How many lines were lost of which the log does not say so yet, and why; nothing as long as writing fails.
    pub(super) fn take_unsaid(&mut self) -> Option<(u64, &str)> {
        if self.is_failing || self.unsaid == 0 {
            return None;
        }
        Some((std::mem::take(&mut self.unsaid), &self.reason))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// A disk with room for so many bytes.
    #[derive(Clone, Default)]
    struct Disk(Arc<Mutex<(Vec<u8>, usize)>>);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let (written, room) = &mut *self.0.lock().unwrap();
            let some = bytes.len().min(*room);
            if some == 0 {
                return Err(ErrorKind::StorageFull.into());
            }
            written.extend_from_slice(&bytes[..some]);
            *room -= some;
            Ok(some)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Disk {
        fn set_room(&self, room: usize) {
            self.0.lock().unwrap().1 = room;
        }

        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().0.clone()).unwrap()
        }
    }

    fn batch(lines: &[&str]) -> Batch {
        let mut batch = Batch::default();
        lines.iter().for_each(|line| batch.push_line(format_args!("{line}")));
        batch
    }

    #[test]
    fn a_full_disk_loses_lines_and_counts_them() {
        let disk = Disk::default();
        let mut sink = Sink::new("the disk".to_owned(), Box::new(disk.clone()));
        disk.set_room(6);
        assert_eq!(sink.write(&mut batch(&["one", "two", "three"])), 2);
        assert_eq!(sink.write(&mut batch(&["four"])), 1);
        assert_eq!(sink.take_unsaid(), None, "it can't be said yet");
        disk.set_room(100);
        sink.write(&mut batch(&[]));
        assert_eq!(sink.take_unsaid(), None, "nothing was written that shows it can");
        assert_eq!(sink.write(&mut batch(&["five"])), 0);
        assert_eq!(disk.text(), "one\ntw\nfive\n", "a torn line is ended before the next");
        assert_eq!(sink.take_unsaid(), Some((3, "writing the disk failed: no storage space")));
        assert_eq!(sink.take_unsaid(), None);
    }

    #[test]
    fn a_writer_that_panics_only_loses_lines() {
        struct Rude;
        impl Write for Rude {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                panic!("a writer of the user")
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut sink = Sink::new("the writer".to_owned(), Box::new(Rude));
        assert_eq!(sink.write(&mut batch(&["one", "two"])), 2);
    }

    #[test]
    fn what_is_not_flushed_is_lost() {
        struct Buffer;
        impl Write for Buffer {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Err(ErrorKind::StorageFull.into())
            }
        }
        let mut sink = Sink::new("the writer".to_owned(), Box::new(Buffer));
        assert_eq!(sink.write(&mut batch(&["one", "two"])), 2);
    }
}
