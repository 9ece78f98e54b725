//! Pushes that wait aside for connections that read too slowly: of each command and key the latest.

use std::collections::TryReserveError;

use crate::link::message::Message;
use crate::parts::lists::Lists;

/// How much is kept aside.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keeping {
    /// Messages for one connection.
    pub(crate) each: usize,
    /// Bytes for all connections of a worker.
    pub(crate) bytes: usize,
}

/// What is kept for the connections of a worker. The first message of each connection always finds a place; further ones
/// share as many places as there are slots, so that those for whom much is kept leave room for the others.
pub(super) struct Kept {
    messages: Lists<Message>,
    keeping: Keeping,
    slots: usize,
    /// Messages that are not the first of their connection.
    further: usize,
    bytes: usize,
}

/// What becomes of a message that is to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Kept,
    /// It is kept, and an older one is not any more.
    Replaced,
    /// There is no room.
    Dropped,
}

impl Kept {
    /// Nothing yet, for so many slots, or an error if so much memory can't be had.
    pub(super) fn new(keeping: Keeping, slots: usize) -> Result<Self, TryReserveError> {
        Ok(Kept { messages: Lists::new(2 * slots, slots)?, keeping, slots, further: 0, bytes: 0 })
    }

    /// What there is for the messages of so many slots, but for themselves.
    pub(super) fn places_bytes(slots: usize) -> usize {
        Lists::<Message>::bytes(2 * slots, slots)
    }

    /// Keeps a message for the connection in a slot, in place of the one of the same command and key.
    pub(super) fn keep(&mut self, slot: u32, message: &Message) -> Fate {
        let mut count = 0;
        let older = self.messages.find(slot, |kept| {
            count += 1;
            message.replaces(kept)
        });
        let (new, old) = (message.bytes(), older.as_ref().map_or(0, |older| older.bytes()));
        if self.bytes - old + new > self.keeping.bytes {
            return Fate::Dropped;
        }
        if let Some(older) = older {
            *older = message.clone();
            self.bytes = self.bytes - old + new;
            return Fate::Replaced;
        }
        let is_first = count == 0;
        if count >= self.keeping.each || !is_first && self.further == self.slots {
            return Fate::Dropped;
        }
        if self.messages.push(slot, message.clone()).is_err() {
            return Fate::Dropped;
        }
        self.bytes += new;
        self.further += usize::from(!is_first);
        Fate::Kept
    }

    /// Takes the first message that is kept for the connection in a slot.
    #[inline]
    pub(super) fn pop(&mut self, slot: u32) -> Option<Message> {
        let message = self.messages.pop(slot)?;
        self.further -= usize::from(!self.messages.is_empty(slot));
        self.bytes -= message.bytes();
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use mario_proto::Overflow;

    use super::*;

    fn message(key: u64) -> Message {
        Message::new(1, Overflow::KeepLatest, Box::new([0; 10])).keyed(key)
    }

    #[test]
    fn those_for_whom_much_is_kept_leave_a_place_for_each_other() {
        const SLOTS: usize = 4;
        let mut kept = Kept::new(Keeping { each: 100, bytes: 1 << 20 }, SLOTS).unwrap();
        for key in 0..10 {
            let fate = if key <= SLOTS as u64 { Fate::Kept } else { Fate::Dropped };
            assert_eq!(kept.keep(0, &message(key)), fate, "{key}");
        }
        for slot in 1..SLOTS as u32 {
            assert_eq!(kept.keep(slot, &message(0)), Fate::Kept);
            assert_eq!(kept.keep(slot, &message(0)), Fate::Replaced);
            assert_eq!(kept.keep(slot, &message(1)), Fate::Dropped);
        }
        // A place that is free again is anybody's.
        assert_eq!(kept.pop(0), Some(message(0)));
        assert_eq!(kept.keep(1, &message(1)), Fate::Kept);
        for slot in 0..SLOTS as u32 {
            while kept.pop(slot).is_some() {}
        }
        assert_eq!((kept.further, kept.bytes), (0, 0));
    }

    #[test]
    fn bytes_are_bounded_and_what_finds_no_room_leaves_the_older_one() {
        let bytes = 2 * message(0).bytes() + 5;
        let mut kept = Kept::new(Keeping { each: 100, bytes }, 4).unwrap();
        assert_eq!([0, 1, 2].map(|key| kept.keep(0, &message(key))), [Fate::Kept, Fate::Kept, Fate::Dropped]);
        let longer = |len| Message::new(1, Overflow::KeepLatest, vec![1; len].into());
        assert_eq!(kept.keep(0, &longer(16)), Fate::Dropped);
        assert_eq!(kept.keep(0, &longer(15)), Fate::Replaced);
        assert_eq!([(); 3].map(|()| kept.pop(0)), [Some(longer(15)), Some(message(1)), None]);
        assert_eq!(kept.bytes, 0);
    }
}
