//! A line as bytes, on its way through a queue.
//!
//! | bytes | meaning |
//! | --- | --- |
//! | 8 | when it was logged, in nanoseconds since the logger was made: the order among the threads |
//! | 8 | when it was logged, in nanoseconds since 1970: the time to show, which may be set back |
//! | 4 | the length of the message |
//! | 4 | how many bytes were cut off the message |
//! | 1 | the level |
//! | 1 | the length of the target |
//! | | the target, then the message |

use std::fmt::{self, Write};
use std::time::{Duration, SystemTime};

use ::log::Level;

/// How many bytes of a record precede its target.
pub(super) const HEADER: usize = 26;

/// What a record takes at most, beside its message.
pub(super) const OVERHEAD: usize = 512;

const LONGEST_TARGET: usize = u8::MAX as usize;

const _: () = assert!(HEADER + LONGEST_TARGET <= OVERHEAD);

/// When a line was logged.
#[derive(Clone, Copy)]
pub(super) struct Stamp {
    /// In nanoseconds since the logger was made.
    pub(super) order: u64,
    pub(super) time: SystemTime,
}

/// Replaces `bytes` by what was logged at `stamp`, with at most `limit` bytes of its message.
pub(super) fn encode(bytes: &mut Vec<u8>, limit: usize, stamp: Stamp, logged: &::log::Record<'_>) {
    let target = prefix(logged.target(), LONGEST_TARGET);
    bytes.clear();
    bytes.reserve(limit + OVERHEAD);
    bytes.resize(HEADER, 0);
    bytes.extend_from_slice(target.as_bytes());
    let mut message = Message { bytes, room: limit, cut: 0 };
    // The message of a `Display` that fails is what it wrote before.
    let _ = message.write_fmt(*logged.args());
    let (length, cut) = (limit - message.room, message.cut);

    let time = stamp.time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    bytes[..8].copy_from_slice(&stamp.order.to_le_bytes());
    bytes[8..16].copy_from_slice(&(time.as_nanos() as u64).to_le_bytes());
    bytes[16..20].copy_from_slice(&(length as u32).to_le_bytes());
    bytes[20..24].copy_from_slice(&cut.to_le_bytes());
    bytes[24] = logged.level() as u8;
    bytes[25] = target.len() as u8;
}

/// The part of a message that is kept.
struct Message<'a> {
    bytes: &'a mut Vec<u8>,
    room: usize,
    cut: u32,
}

impl Write for Message<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // After a gap, nothing more is kept, even if it is short.
        let kept = if self.cut == 0 { prefix(text, self.room) } else { "" };
        self.bytes.extend_from_slice(kept.as_bytes());
        self.room -= kept.len();
        self.cut = self.cut.saturating_add((text.len() - kept.len()) as u32);
        Ok(())
    }
}

/// As many characters of `text` as `limit` bytes hold.
fn prefix(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    let end = (0..=limit).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    &text[..end]
}

/// How a record begins.
pub(super) struct Header {
    /// In nanoseconds since the logger was made.
    pub(super) order: u64,
    time: u64,
    message: usize,
    cut: u32,
    level: u8,
    target: usize,
}

impl Header {
    pub(super) fn decode(bytes: &[u8; HEADER]) -> Self {
        let long = |at: usize| u64::from_le_bytes(std::array::from_fn(|index| bytes[at + index]));
        let short = |at: usize| u32::from_le_bytes(std::array::from_fn(|index| bytes[at + index]));
        Header {
            order: long(0),
            time: long(8),
            message: short(16) as usize,
            cut: short(20),
            level: bytes[24],
            target: usize::from(bytes[25]),
        }
    }

    /// The length of the whole record.
    pub(super) fn record(&self) -> usize {
        HEADER + self.target + self.message
    }
}

/// A record as it comes out of a queue.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) time: SystemTime,
    pub(super) level: Level,
    pub(super) target: &'a str,
    pub(super) message: &'a str,
    /// How many bytes were cut off the message.
    pub(super) cut: u32,
}

/// What [`encode`] wrote; `None` for anything else.
pub(super) fn decode(bytes: &[u8]) -> Option<Record<'_>> {
    let (header, texts) = bytes.split_first_chunk()?;
    let header = Header::decode(header);
    let (target, message) = texts.split_at_checked(header.target)?;
    Some(Record {
        time: SystemTime::UNIX_EPOCH + Duration::from_nanos(header.time),
        level: Level::iter().find(|&level| level as u8 == header.level)?,
        target: str::from_utf8(target).ok()?,
        message: str::from_utf8(message).ok()?,
        cut: header.cut,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stamp() -> Stamp {
        Stamp { order: 1, time: SystemTime::UNIX_EPOCH + Duration::from_nanos(7) }
    }

    fn encoded(limit: usize, target: &str, args: fmt::Arguments<'_>) -> Vec<u8> {
        let mut bytes = vec![0xff; 7];
        let logged = ::log::Record::builder().level(Level::Debug).target(target).args(args).build();
        encode(&mut bytes, limit, stamp(), &logged);
        bytes
    }

    #[test]
    fn comes_out_as_it_went_in() {
        let bytes = encoded(64, "here", format_args!("{} and {}", "this", 42));
        let time = stamp().time;
        let record = Record { time, level: Level::Debug, target: "here", message: "this and 42", cut: 0 };
        assert_eq!(decode(&bytes), Some(record));
    }

    #[test]
    fn every_level_survives() {
        for level in Level::iter() {
            let mut bytes = Vec::new();
            encode(&mut bytes, 64, stamp(), &::log::Record::builder().level(level).build());
            assert_eq!(decode(&bytes).unwrap().level, level);
        }
    }

    #[test]
    fn a_long_target_is_cut() {
        let bytes = encoded(64, &"é".repeat(200), format_args!("message"));
        let record = decode(&bytes).unwrap();
        assert_eq!(record.target, "é".repeat(127));
        assert_eq!(record.message, "message");
    }

    #[test]
    fn nothing_follows_a_cut() {
        let bytes = encoded(3, "", format_args!("{}{}", "four", "x"));
        let record = decode(&bytes).unwrap();
        assert_eq!((record.message, record.cut), ("fou", 2));
        let bytes = encoded(3, "", format_args!("{}{}{}", "aé", "éé", "x"));
        let record = decode(&bytes).unwrap();
        assert_eq!((record.message, record.cut), ("aé", 5));
    }

    proptest! {
        #[test]
        fn a_message_is_kept_up_to_its_limit(parts in prop::collection::vec(".{0,20}", 0..6), limit in 0usize..40) {
            struct Parts<'a>(&'a [String]);
            impl fmt::Display for Parts<'_> {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    self.0.iter().try_for_each(|part| f.write_str(part))
                }
            }
            let whole = parts.concat();
            let bytes = encoded(limit, "t", format_args!("{}", Parts(&parts)));
            let record = decode(&bytes).unwrap();
            prop_assert!(whole.starts_with(record.message));
            prop_assert_eq!(record.message.len() + record.cut as usize, whole.len());
            prop_assert!(record.message.len() <= limit);
            if record.cut > 0 {
                prop_assert!(limit - record.message.len() < 4, "cut though a character had room");
            }
        }
    }
}
