//! What other threads want of a worker's connections: a bounded queue without a lock.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use crossbeam_queue::ArrayQueue;

use crate::connections::Message;
use crate::name::Name;
use crate::slots::Key;

/// What a worker is asked to do with connections of its own. Some may have gone when it comes to it.
pub(crate) enum Letter {
    Push(Key, Message),
    PushMany(Box<[Key]>, Message),
    PushToGroup(Name, Message),
    PushToAll(Message),
    Join(Key, Name),
    Leave(Key, Name),
    Close(Key),
    /// Its user has come by another connection.
    Kick(Key),
}

/// More are refused as a setting: they would be a leak by another name.
pub(crate) const MOST_LETTERS: usize = 1 << 20;

/// What has become of a request whose answer was to come later.
pub(crate) enum Answer {
    Reply(Message),
    Close,
    /// Nobody will answer it any more.
    None,
}

/// An answer, of which connection, and to which command.
pub(crate) struct Answered {
    pub(crate) key: Key,
    pub(crate) command: u16,
    pub(crate) answer: Answer,
}

/// How much mail a worker takes, and for how many slots.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) slots: usize,
    pub(crate) letters: usize,
    pub(crate) answers: usize,
}

/// The letters of one worker, and to whom they can be sent.
pub(crate) struct Mail {
    letters: ArrayQueue<Letter>,
    /// With room for all that are owed.
    answers: ArrayQueue<Answered>,
    /// For each slot the generation of the connection that is open there, plus 1; 0 if none is.
    open: Box<[AtomicU32]>,
    /// Letters that found no room.
    refused: AtomicU64,
}

/// Why a letter is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// So many wait already.
    Full(usize),
}

impl Mail {
    pub(crate) fn new(room: Room) -> Self {
        Mail {
            letters: ArrayQueue::new(room.letters.max(1)),
            answers: ArrayQueue::new(room.answers.max(1)),
            open: (0..room.slots).map(|_| AtomicU32::new(0)).collect(),
            refused: AtomicU64::new(0),
        }
    }

    /// Whether the connection is open. It may end at any moment.
    pub(crate) fn is_open(&self, key: Key) -> bool {
        let mark = mark(key);
        mark != 0 && self.open.get(key.index as usize).is_some_and(|open| open.load(Relaxed) == mark)
    }

    /// From now on the connection gets mail. Only the worker calls this, and the next one.
    pub(crate) fn opened(&self, key: Key) {
        if let Some(open) = self.open.get(key.index as usize) {
            open.store(mark(key), Relaxed);
        }
    }

    /// The connection in this slot gets no more mail.
    pub(crate) fn closed(&self, slot: u32) {
        if let Some(open) = self.open.get(slot as usize) {
            open.store(0, Relaxed);
        }
    }

    pub(crate) fn post(&self, letter: Letter) -> Result<(), Refused> {
        self.letters.push(letter).map_err(|_| {
            self.refused.fetch_add(1, Relaxed);
            Refused::Full(self.letters.capacity())
        })
    }

    pub(crate) fn answer(&self, answered: Answered) {
        if self.answers.push(answered).is_err() {
            log::error!("an answer was lost: more came than were owed");
        }
    }

    pub(crate) fn next_answer(&self) -> Option<Answered> {
        self.answers.pop()
    }

    pub(crate) fn next(&self) -> Option<Letter> {
        self.letters.pop()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.letters.is_empty() && self.answers.is_empty()
    }

    /// How many letters found no room.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }
}

/// The tenant of generation 2³² − 1 gets none.
fn mark(key: Key) -> u32 {
    key.generation.wrapping_add(1)
}
