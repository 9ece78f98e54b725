//! What other threads want of a worker's connections: a bounded queue without a lock.

pub(crate) mod call;
pub(crate) mod connections;
pub(crate) mod mailbox;
pub(crate) mod users;

use std::sync::atomic::AtomicU64;

use crossbeam_queue::ArrayQueue;

use crate::link::message::Message;
use crate::mail::call::Call;
use crate::mail::connections::Survey;
use crate::parts::name::Name;
use crate::parts::slots::Key;
use crate::sync::{AtomicBool, AtomicU32, AtomicUsize, CachePadded, Ordering, Ordering::Relaxed, fence};

/// What a worker is asked to do with connections of its own. Some may have gone when it comes to it.
pub(crate) enum Letter {
    Push(Key, Message),
    PushMany(Box<[Key]>, Message),
    /// To those of these that are the user's.
    PushToUser(Name, Box<[Key]>, Message),
    PushToGroup(Name, Message),
    PushToAll(Message),
    Join(Key, Name),
    Leave(Key, Name),
    Close(Key),
    /// This user of it has come by another connection.
    Kick(Key, Name),
    Answer(Answered),
    Call(Key, Call),
    Slowest(Survey),
    /// For tests of what becomes of a worker that dies.
    #[cfg(any(test, fuzzing, feature = "__deaths"))]
    Die,
}

impl Letter {
    fn is_push(&self) -> bool {
        match self {
            Letter::Push(..)
            | Letter::PushMany(..)
            | Letter::PushToUser(..)
            | Letter::PushToGroup(..)
            | Letter::PushToAll(_) => true,
            Letter::Join(..) | Letter::Leave(..) | Letter::Close(_) | Letter::Kick(..) => false,
            Letter::Answer(_) | Letter::Call(..) | Letter::Slowest(_) => false,
            #[cfg(any(test, fuzzing, feature = "__deaths"))]
            Letter::Die => false,
        }
    }

    /// How many pushes it is, as far as that is known before it is opened.
    fn pushes(&self) -> usize {
        match self {
            Letter::Push(..) => 1,
            Letter::PushMany(keys, _) | Letter::PushToUser(_, keys, _) => keys.len(),
            Letter::PushToGroup(..) | Letter::PushToAll(_) => 0,
            Letter::Join(..) | Letter::Leave(..) | Letter::Close(_) | Letter::Kick(..) => 0,
            Letter::Answer(_) | Letter::Call(..) | Letter::Slowest(_) => 0,
            #[cfg(any(test, fuzzing, feature = "__deaths"))]
            Letter::Die => 0,
        }
    }
}

/// More are refused as a setting: they would be a leak by another name.
pub(crate) const MOST_LETTERS: usize = 1 << 20;

/// What has become of a request whose answer was to come later.
pub(crate) enum Answer {
    Reply(Message),
    /// What the call returns.
    Call(Call),
    Close,
    /// Nobody will answer it any more.
    None,
}

/// An answer, of which connection, and to what.
pub(crate) struct Answered {
    pub(crate) key: Key,
    pub(crate) request: Asked,
    pub(crate) answer: Answer,
}

/// A request that is owed an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) command: u16,
    /// By which its answer is matched to it. Without one that is told by the order, so that the next requests wait.
    pub(crate) correlation: Option<u64>,
}

impl Asked {
    /// Whether the connection's next requests wait for its answer.
    pub(crate) fn is_in_order(self) -> bool {
        self.correlation.is_none()
    }
}

/// How much mail a worker takes, and for how many slots.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) slots: usize,
    pub(crate) letters: usize,
    pub(crate) answers: usize,
}

/// The letters of one worker, and to whom they can be sent.
///
/// What one thread asks for happens in its order, so all of it waits in one queue. Of that, all answers that may be owed
/// have their room, and letters the rest.
pub(crate) struct Mail {
    queue: ArrayQueue<Letter>,
    /// How many letters may wait that are no answers.
    capacity: usize,
    /// How many of these wait, or have their place reserved.
    waiting: CachePadded<AtomicUsize>,
    /// For each slot the generation of the connection that is open there, plus 1; 0 if none is.
    open: Box<[AtomicU32]>,
    /// Letters that found no room.
    refused: AtomicU64,
    /// Of those, how many were pushes.
    refused_pushes: AtomicU64,
    /// The worker takes no more letters.
    is_over: AtomicBool,
    /// Pushes in letters that it did not take.
    lost: AtomicU64,
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
            queue: ArrayQueue::new(room.letters.max(1) + room.answers),
            capacity: room.letters.max(1),
            waiting: CachePadded(AtomicUsize::new(0)),
            open: (0..room.slots).map(|_| AtomicU32::new(0)).collect(),
            refused: AtomicU64::new(0),
            refused_pushes: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            lost: AtomicU64::new(0),
        }
    }

    /// What so much room takes: a place in a queue has a stamp beside what is in it.
    pub(crate) fn bytes(room: Room) -> usize {
        let Room { slots, letters, answers } = room;
        let stamp = size_of::<usize>();
        (letters.max(1) + answers) * (stamp + size_of::<Letter>().next_multiple_of(stamp))
            + slots * size_of::<AtomicU32>()
    }

    /// Whether the connection is open. It may end at any moment.
    pub(crate) fn is_open(&self, key: Key) -> bool {
        let mark = mark(key);
        mark != 0
            && !self.is_over()
            && self.open.get(key.index as usize).is_some_and(|open| open.load(Relaxed) == mark)
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

    /// Leaves a letter. Whoever does must [`ring`](crate::doorbell::Doorbell::ring), and see that it is not
    /// [left behind](Mail::collect).
    pub(crate) fn post(&self, letter: Letter) -> Result<(), Refused> {
        self.reserve().inspect_err(|_| {
            self.refused_pushes.fetch_add(u64::from(letter.is_push()), Relaxed);
        })?;
        self.post_reserved(letter);
        Ok(())
    }

    /// Takes the place of a letter that is to be [posted](Mail::post_reserved), or else [freed](Mail::free).
    pub(crate) fn reserve(&self) -> Result<(), Refused> {
        let one_more = |waiting| (waiting < self.capacity).then_some(waiting + 1);
        // Whoever sees that a place is free sees the queue without the letter that was there.
        self.waiting.0.fetch_update(Ordering::Acquire, Relaxed, one_more).map(drop).map_err(|_| {
            self.refused.fetch_add(1, Relaxed);
            Refused::Full(self.capacity)
        })
    }

    /// Gives a place back.
    pub(crate) fn free(&self) {
        self.waiting.0.fetch_sub(1, Ordering::Release);
    }

    /// Leaves a letter that has its place.
    pub(crate) fn post_reserved(&self, letter: Letter) {
        if self.queue.push(letter).is_err() {
            log::error!("a letter was lost: more came than had room");
        }
    }

    /// Leaves an answer. Of those that are owed, each has its place.
    pub(crate) fn answer(&self, answered: Answered) {
        self.post_reserved(Letter::Answer(answered));
    }

    #[inline]
    pub(crate) fn next(&self) -> Option<Letter> {
        // A look: an attempt that finds nothing has a full fence, and this is asked once a round.
        if self.queue.is_empty() {
            return None;
        }
        self.take()
    }

    fn take(&self) -> Option<Letter> {
        let letter = self.queue.pop()?;
        if !matches!(letter, Letter::Answer(_)) {
            self.free();
        }
        Some(letter)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// To how many connections letters may be.
    pub(crate) fn slots(&self) -> usize {
        self.open.len()
    }

    /// How many letters have room.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many letters wait, but for answers.
    pub(crate) fn len(&self) -> usize {
        self.waiting.0.load(Relaxed)
    }

    /// How many letters wait, answers too.
    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Takes no more letters: those that wait are lost, and so are those that are being posted.
    ///
    /// A letter is posted *before* a look at whether this has happened, and it has *before* a look for letters. Of these
    /// two, each a store, then a fence, then a load of what the other stored, at least one sees the other's: no letter
    /// stays behind uncounted.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Relaxed);
        fence(Ordering::SeqCst);
        self.collect();
    }

    /// Whether no more letters are taken.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Relaxed)
    }

    /// Counts letters that came too late, if it is over. To be called after a letter was posted, with a fence between.
    pub(crate) fn collect(&self) {
        if self.is_over() {
            while let Some(letter) = self.next() {
                self.lose(letter.pushes());
            }
        }
    }

    /// Counts pushes that reach nobody as the worker has ended.
    pub(crate) fn lose(&self, pushes: usize) {
        self.lost.fetch_add(pushes as u64, Relaxed);
    }

    /// How many pushes reached nobody as the worker had ended.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    /// How many letters found no room.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    /// Of those, how many were pushes, of which one to many counts once.
    pub(crate) fn refused_pushes(&self) -> u64 {
        self.refused_pushes.load(Relaxed)
    }
}

/// The tenant of generation 2³² − 1 gets none.
fn mark(key: Key) -> u32 {
    key.generation.wrapping_add(1)
}

#[cfg(all(test, not(mario_loom)))]
mod tests {
    use mario_proto::Overflow;

    use super::*;

    const KEY: Key = Key { index: 0, generation: 4 };

    #[test]
    fn only_pushes_are_counted_as_refused_pushes() {
        let mail = Mail::new(Room { slots: 1, letters: 1, answers: 0 });
        let message = Message::new(1, Overflow::Close, Box::new([]));
        mail.post(Letter::Close(KEY)).unwrap();
        for letter in [Letter::Close(KEY), Letter::Push(KEY, message)] {
            assert_eq!(mail.post(letter).err(), Some(Refused::Full(1)));
        }
        assert_eq!((mail.refused(), mail.refused_pushes()), (2, 1));
    }

    #[test]
    fn what_waits_at_the_end_is_counted_and_nobody_is_open_any_more() {
        let mail = Mail::new(Room { slots: 1, letters: 8, answers: 0 });
        mail.opened(KEY);
        assert!(mail.is_open(KEY));
        let message = Message::new(1, Overflow::Close, Box::new([]));
        mail.post(Letter::Push(KEY, message.clone())).unwrap();
        mail.post(Letter::PushMany([KEY; 3].into(), message.clone())).unwrap();
        mail.post(Letter::Close(KEY)).unwrap();
        mail.end();
        assert_eq!((mail.lost(), mail.len(), mail.is_open(KEY)), (4, 0, false));
        mail.post(Letter::Push(KEY, message)).unwrap();
        mail.collect();
        assert_eq!((mail.lost(), mail.len()), (5, 0));
    }
}

#[cfg(all(test, mario_loom))]
mod loom_tests;
