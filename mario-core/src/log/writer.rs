//! The log thread.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::thread;

use super::batch::SharedBatch;
use super::hub::{self, Hub};
use super::printer::Printer;
use super::queue::Receiver;
use super::sink::Sink;

/// What the log thread owns.
pub(super) struct Writer {
    hub: Arc<Hub>,
    queues: Vec<Receiver>,
    printer: Printer,
    batch: SharedBatch,
    sink: Sink,
    /// When the next record of a queue was logged, and the index of the queue; the earliest first.
    next: BinaryHeap<Reverse<(u64, usize)>>,
    record: Vec<u8>,
}

impl Writer {
    pub(super) fn new(hub: Arc<Hub>, printer: Printer, batch: SharedBatch, sink: Sink) -> Self {
        Writer { hub, queues: Vec::new(), printer, batch, sink, next: BinaryHeap::new(), record: Vec::new() }
    }

    /// Writes what is logged, for ever, and sleeps when nothing is.
    pub(super) fn run(mut self) {
        hub::become_log_thread();
        loop {
            let flushes = self.turn();
            let Writer { hub, queues, .. } = &self;
            let has_work =
                || hub.flushes() != flushes || hub.has_new_queues() || queues.iter().any(Receiver::has_news);
            hub.doorbell.sleep(has_work, |may_block| {
                if may_block {
                    thread::park();
                }
            });
        }
    }

    /// Writes all that was logged before. Returns how many flushes are done with this.
    fn turn(&mut self) -> u64 {
        let flushes = self.hub.flushes();
        let now = self.hub.now();
        self.hub.take_new_queues(&mut self.queues);
        self.print_lines(now);
        self.tell_dropped();
        self.write_batch();
        self.tell_unwritten();
        self.queues.retain(|queue| !queue.is_over());
        self.hub.flushed(flushes);
        flushes
    }

    /// Prints what was logged until `now`, in its order.
    ///
    /// What was logged later is left for the next turn: it may follow from lines in queues that were looked at before
    /// they had them. Besides, a thread that logs faster than lines are written can't keep the log thread from the rest.
    fn print_lines(&mut self, now: u64) {
        self.next.clear();
        for (index, queue) in self.queues.iter_mut().enumerate() {
            self.next.extend(queue.peek().map(|order| Reverse((order, index))));
        }
        while let Some(Reverse((order, index))) = self.next.pop()
            && order <= now
        {
            let queue = &mut self.queues[index];
            if let Some(record) = queue.receive(&mut self.record) {
                self.printer.print(&*self.hub.dispatch, &queue.thread, &record);
            }
            self.next.extend(queue.peek().map(|order| Reverse((order, index))));
            if self.batch.lock().is_full() {
                self.write_batch();
            }
        }
    }

    fn tell_dropped(&mut self) {
        for queue in &mut self.queues {
            let dropped = queue.newly_dropped();
            if dropped > 0 {
                let (s, thread, size) = (plural(dropped), &queue.thread, queue.size());
                self.printer.notice(
                    dropped,
                    format_args!(
                        "dropped {dropped} line{s} of thread {thread}: its queue of {size} bytes was full"
                    ),
                );
            }
        }
    }

    /// Tells of lines that could not be written, once lines can be again.
    fn tell_unwritten(&mut self) {
        if let Some((lost, reason)) = self.sink.take_unsaid() {
            let s = plural(lost);
            self.printer.notice(lost, format_args!("lost {lost} line{s}: {reason}"));
            self.write_batch();
        }
    }

    fn write_batch(&mut self) {
        let lost = self.sink.write(&mut self.batch.lock());
        self.hub.lose(lost);
    }
}

fn plural(number: u64) -> &'static str {
    if number == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::Mutex;
    use std::time::Duration;

    use ::log::LevelFilter;

    use super::*;
    use crate::log::queue::Sender;
    use crate::log::record::{self, Stamp};
    use crate::log::start::dispatch;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Written {
        fn lines(&self) -> Vec<String> {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap().lines().map(str::to_owned).collect()
        }
    }

    /// A writer of messages alone, for queues of 200 bytes.
    fn writer() -> (Written, Arc<Hub>, Writer) {
        let written = Written::default();
        let batch = SharedBatch::default();
        let (_, dispatch) = dispatch(LevelFilter::Trace, Vec::new(), batch.clone());
        let hub = Arc::new(Hub::new(dispatch, 100, 200, thread::current()));
        let printer = Printer::new(Box::new(|line, out| out.write_str(line.message())), batch.clone());
        let sink = Sink::new("the test".to_owned(), Box::new(written.clone()));
        (written, Arc::clone(&hub), Writer::new(hub, printer, batch, sink))
    }

    fn send(queue: &mut Sender, stamp: Stamp, message: &str) {
        let mut bytes = Vec::new();
        let mut line = ::log::Record::builder();
        record::encode(&mut bytes, 100, stamp, &line.args(format_args!("{message}")).build());
        let _ = queue.send(&bytes);
    }

    #[test]
    fn threads_are_merged_in_order() {
        let (written, hub, mut writer) = writer();
        let (mut one, mut other) = (hub.open_queue(), hub.open_queue());
        let (first, second, third) = (hub.stamp(), hub.stamp(), hub.stamp());
        send(&mut one, first, "first");
        send(&mut one, third, "third");
        send(&mut other, second, "second");
        writer.turn();
        assert_eq!(written.lines(), ["first", "second", "third"]);
    }

    #[test]
    fn what_comes_later_waits_for_the_next_turn() {
        let (written, hub, mut writer) = writer();
        let mut queue = hub.open_queue();
        let now = hub.stamp();
        let later = Stamp { order: u64::MAX, ..now };
        send(&mut queue, now, "now");
        send(&mut queue, later, "later");
        writer.turn();
        assert_eq!(written.lines(), ["now"]);
        assert!(writer.queues[0].has_news());
    }

    #[test]
    fn each_thread_is_told_what_it_lost() {
        let (written, hub, mut writer) = writer();
        let (mut one, mut other) = (hub.open_queue(), hub.open_queue());
        send(&mut one, hub.stamp(), &"-".repeat(100));
        send(&mut other, hub.stamp(), &"-".repeat(100));
        send(&mut other, hub.stamp(), &"-".repeat(100));
        writer.turn();
        let name = thread::current().name().unwrap().to_owned();
        let notice = format!("dropped 1 line of thread {name}: its queue of 200 bytes was full");
        assert_eq!(written.lines(), ["-".repeat(100), "-".repeat(100), notice]);
        writer.turn();
        assert_eq!(written.lines().len(), 3, "it is said once");
    }

    #[test]
    fn a_flush_has_a_limit() {
        let (written, hub, mut writer) = writer();
        let mut queue = hub.open_queue();
        send(&mut queue, hub.stamp(), "flushed late");
        assert!(!hub.flush(Duration::from_millis(1)), "nobody writes");
        let flusher = {
            let hub = Arc::clone(&hub);
            thread::spawn(move || hub.flush(Duration::from_secs(60)))
        };
        while !flusher.is_finished() {
            writer.turn();
        }
        assert!(flusher.join().unwrap());
        assert_eq!(written.lines(), ["flushed late"]);
    }

    #[test]
    fn the_queue_of_an_ended_thread_is_written_and_freed() {
        let (written, hub, mut writer) = writer();
        let mut queue = hub.open_queue();
        writer.turn();
        assert_eq!(writer.queues.len(), 1);
        send(&mut queue, hub.stamp(), "last words");
        drop(queue);
        writer.turn();
        assert_eq!(written.lines(), ["last words"]);
        assert!(writer.queues.is_empty());
    }
}
