//! The bounded queue between one thread and the log thread. Neither end waits for the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::record::{self, HEADER, Header, Record};

/// A queue of so many bytes for the records of the thread of that name.
pub(super) fn queue(bytes: usize, thread: String) -> (Sender, Receiver) {
    let (producer, consumer) = rtrb::RingBuffer::new(bytes);
    let dropped = Arc::new(AtomicU64::new(0));
    let sender = Sender { ring: producer, dropped: Arc::clone(&dropped) };
    (sender, Receiver { ring: consumer, dropped, said: 0, thread })
}

/// The end of the thread that logs.
pub(super) struct Sender {
    ring: rtrb::Producer<u8>,
    dropped: Arc<AtomicU64>,
}

/// There was no room for a record, which was dropped and counted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Sender {
    /// Puts a whole record into the queue.
    pub(super) fn send(&mut self, record: &[u8]) -> Result<(), Full> {
        self.ring.push_entire_slice(record).map_err(|_| {
            self.dropped.fetch_add(1, Ordering::Release);
            Full
        })
    }
}

/// The end of the log thread.
pub(super) struct Receiver {
    ring: rtrb::Consumer<u8>,
    dropped: Arc<AtomicU64>,
    /// How many of the dropped records were reported.
    said: u64,
    /// The name of the thread that logs.
    pub(super) thread: String,
}

impl Receiver {
    /// Whether there is something to do: records, drops to report, or the end.
    pub(super) fn has_news(&self) -> bool {
        !self.ring.is_empty() || self.ring.is_abandoned() || self.dropped.load(Ordering::Acquire) != self.said
    }

    /// The place of the next record in the order of threads.
    pub(super) fn peek(&mut self) -> Option<u64> {
        Some(self.header()?.order)
    }

    /// Takes the next record, in `bytes`.
    pub(super) fn receive<'a>(&mut self, bytes: &'a mut Vec<u8>) -> Option<Record<'a>> {
        let header = self.header()?;
        bytes.resize(header.record(), 0);
        self.ring.pop_entire_slice(bytes).ok()?;
        record::decode(bytes)
    }

    fn header(&mut self) -> Option<Header> {
        let chunk = self.ring.read_chunk(HEADER).ok()?;
        let (first, second) = chunk.as_slices();
        let mut header = [0; HEADER];
        header[..first.len()].copy_from_slice(first);
        header[first.len()..].copy_from_slice(second);
        Some(Header::decode(&header))
    }

    /// How many records were dropped since this was asked last.
    pub(super) fn newly_dropped(&mut self) -> u64 {
        let dropped = self.dropped.load(Ordering::Acquire);
        dropped - std::mem::replace(&mut self.said, dropped)
    }

    /// Whether the thread has ended and nothing of it is left.
    pub(super) fn is_over(&self) -> bool {
        self.ring.is_abandoned() && self.ring.is_empty() && self.dropped.load(Ordering::Acquire) == self.said
    }

    /// The size of the queue in bytes.
    pub(super) fn size(&self) -> usize {
        self.ring.buffer().capacity()
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::log::record::Stamp;

    fn record(message: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut line = ::log::Record::builder();
        let stamp = Stamp { order: 0, time: SystemTime::now() };
        record::encode(&mut bytes, 64, stamp, &line.args(format_args!("{message}")).build());
        bytes
    }

    fn receive(queue: &mut Receiver) -> Option<String> {
        Some(queue.receive(&mut Vec::new())?.message.to_owned())
    }

    #[test]
    fn records_wrap_around_the_end() {
        let (mut sender, mut receiver) = queue(100, "main".to_owned());
        for number in 0..100 {
            let message = format!("message {number}");
            sender.send(&record(&message)).unwrap();
            assert_eq!(receive(&mut receiver), Some(message));
            assert_eq!(receive(&mut receiver), None);
        }
    }

    #[test]
    fn a_record_without_room_is_dropped_whole() {
        let (mut sender, mut receiver) = queue(2 * record("12345").len() + HEADER, "main".to_owned());
        assert_eq!(sender.send(&record("12345")), Ok(()));
        assert_eq!(sender.send(&record("23456")), Ok(()));
        assert_eq!(sender.send(&record("3")), Err(Full));
        assert_eq!(sender.send(&record("4")), Err(Full));
        assert_eq!((receiver.newly_dropped(), receiver.newly_dropped()), (2, 0));
        assert_eq!(receive(&mut receiver).as_deref(), Some("12345"));
        assert_eq!(receive(&mut receiver).as_deref(), Some("23456"));
        assert_eq!(sender.send(&record("5")), Ok(()));
    }

    #[test]
    fn is_over_once_nothing_is_left() {
        let (mut sender, mut receiver) = queue(64, "main".to_owned());
        sender.send(&record("last")).unwrap();
        sender.send(&record(&"x".repeat(64))).unwrap_err();
        assert!(!receiver.is_over());
        drop(sender);
        assert!(!receiver.is_over(), "a record is left");
        receive(&mut receiver);
        assert!(!receiver.is_over(), "nobody was told of the dropped record");
        receiver.newly_dropped();
        assert!(receiver.is_over());
    }
}
