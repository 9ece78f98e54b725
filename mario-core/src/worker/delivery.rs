//! Mail that has come, letter by letter and connection by connection.

use std::ops::{Deref, Range};
use std::sync::Arc;

use crate::link::message::Message;
use crate::mail::call::Call;
use crate::mail::connections::Survey;
use crate::mail::{Answer, Answered, Asked, Letter, Mail};
use crate::parts::groups::Groups;
use crate::parts::name::Name;
use crate::parts::slots::{Key, Slots};
use crate::reason::Reason;

/// Slots that are looked at for one step, until there is somebody.
const SLOTS: usize = 64;

/// Where a worker is in its mail. Dropping it, as a worker that dies does, ends the mail.
pub(super) struct Delivery {
    mail: Arc<Mail>,
    /// Letters that were taken so far.
    taken: u64,
    /// A letter to many of whom some have not got it yet.
    many: Option<Many>,
    /// What the last letter to a group had its members in, for the next one.
    spare: Vec<Key>,
    surveys: Vec<Survey>,
}

struct Many {
    rest: Rest,
    /// It is only for those that are this user's.
    user: Option<Name>,
    message: Message,
}

/// Who is yet to get a letter.
enum Rest {
    Keys {
        keys: Vec<Key>,
        done: usize,
        /// They are the members of a group.
        of_group: bool,
    },
    /// Whoever is there: so many when it began, less those that it has come to.
    Slots { slots: Range<u32>, left: usize },
}

/// A step on the way through the mail.
pub(super) enum Step<'d> {
    Errand(Key, Errand<'d>),
    /// There was nobody to do something for, but there is more.
    Nobody,
    /// All is done.
    Done,
}

/// What to do for one connection.
pub(super) enum Errand<'d> {
    Push(Pushed<'d>),
    PushTo(Name, &'d Message),
    Join(Name),
    Leave(Name),
    End(Reason),
    Kick(Name),
    Answer(Asked, Answer),
    Call(Call),
}

/// A message that is lent if others get it too.
pub(super) enum Pushed<'d> {
    Own(Message),
    Lent(&'d Message),
}

impl Delivery {
    pub(super) fn new(mail: Arc<Mail>) -> Self {
        Delivery { mail, taken: 0, many: None, spare: Vec::new(), surveys: Vec::new() }
    }

    /// A letter is in hand, or waits.
    #[inline]
    pub(super) fn has_letters(&self) -> bool {
        self.many.is_some() || !self.mail.is_empty()
    }

    /// There is something to do for which no event will come.
    pub(super) fn has_work(&self) -> bool {
        self.is_amid_many() || self.has_surveys() || !self.mail.is_empty()
    }

    /// The next thing to do, in the order in which it was asked for.
    #[inline]
    pub(super) fn next<T>(&mut self, groups: &Groups, slots: &Slots<T>) -> Step<'_> {
        while !self.is_amid_many() {
            self.put_away();
            let Some(letter) = self.mail.next() else { return Step::Done };
            self.taken += 1;
            let (rest, user, message) = match letter {
                Letter::Push(key, message) => return Step::Errand(key, Errand::Push(Pushed::Own(message))),
                Letter::Join(key, group) => return Step::Errand(key, Errand::Join(group)),
                Letter::Leave(key, group) => return Step::Errand(key, Errand::Leave(group)),
                Letter::Close(key) => return Step::Errand(key, Errand::End(Reason::Service)),
                Letter::Kick(key, user) => return Step::Errand(key, Errand::Kick(user)),
                Letter::Call(key, call) => return Step::Errand(key, Errand::Call(call)),
                Letter::Answer(Answered { key, request, answer }) => {
                    return Step::Errand(key, Errand::Answer(request, answer));
                }
                Letter::Slowest(survey) => {
                    self.surveys.push(survey);
                    continue;
                }
                Letter::PushMany(keys, message) => (Rest::keys(keys), None, message),
                Letter::PushToUser(user, keys, message) => (Rest::keys(keys), Some(user), message),
                Letter::PushToGroup(group, message) => (self.members(groups, group), None, message),
                Letter::PushToAll(message) => (Rest::all(slots), None, message),
                // A fuzzer takes what a panic's hook is told of for its find.
                #[cfg(any(test, fuzzing, feature = "__deaths"))]
                Letter::Die => std::panic::resume_unwind(Box::new("a test wanted it")),
            };
            self.many = Some(Many { rest, user, message });
        }
        let Some(Many { rest, user, message }) = &mut self.many else { return Step::Done };
        match (rest.next(slots), *user) {
            (None, _) => Step::Nobody,
            (Some(key), None) => Step::Errand(key, Errand::Push(Pushed::Lent(message))),
            (Some(key), Some(user)) => Step::Errand(key, Errand::PushTo(user, message)),
        }
    }

    /// There are questions about all connections.
    #[inline]
    pub(super) fn has_surveys(&self) -> bool {
        !self.surveys.is_empty()
    }

    /// A question about all connections.
    pub(super) fn survey(&mut self) -> Option<Survey> {
        self.surveys.pop()
    }

    /// The last of the letters that wait now.
    pub(super) fn last(&self) -> Last {
        Last(self.taken + self.mail.queued() as u64)
    }

    /// Whether all up to a letter is done.
    pub(super) fn is_done(&self, last: Last) -> bool {
        self.taken > last.0 || self.taken == last.0 && !self.is_amid_many()
    }

    /// Does no more for those that the letter in hand goes to; what is not done by now is counted as lost.
    pub(super) fn give_up(&mut self) {
        if let Some(Many { rest, .. }) = &self.many {
            self.mail.lose(rest.left());
        }
        self.put_away();
    }

    /// The same, and takes no more letters.
    pub(super) fn end(&mut self) {
        self.give_up();
        self.mail.end();
    }

    /// What it has done so far.
    #[cfg(any(test, fuzzing))]
    pub(super) fn delivered(&self) -> Delivered {
        Delivered { taken: self.taken, is_amid: self.is_amid_many() }
    }

    /// Whoever is a member now gets it, however long it takes.
    fn members(&mut self, groups: &Groups, group: Name) -> Rest {
        let mut keys = std::mem::take(&mut self.spare);
        keys.extend_from_slice(groups.members(group));
        Rest::Keys { keys, done: 0, of_group: true }
    }

    /// Has no letter to many in hand any more.
    fn put_away(&mut self) {
        if let Some(Many { rest: Rest::Keys { mut keys, of_group: true, .. }, .. }) = self.many.take() {
            keys.clear();
            self.spare = keys;
        }
    }

    fn is_amid_many(&self) -> bool {
        self.many.as_ref().is_some_and(|many| !many.rest.is_empty())
    }
}

impl Rest {
    fn keys(keys: Box<[Key]>) -> Self {
        Rest::Keys { keys: keys.into_vec(), done: 0, of_group: false }
    }

    /// All that are there now. Who comes meanwhile may be among them.
    fn all<T>(slots: &Slots<T>) -> Self {
        Rest::Slots { slots: 0..slots.high_water(), left: slots.len() }
    }

    fn is_empty(&self) -> bool {
        match self {
            Rest::Keys { keys, done, .. } => *done == keys.len(),
            Rest::Slots { slots, .. } => slots.is_empty(),
        }
    }

    /// How many are yet to get it.
    fn left(&self) -> usize {
        match self {
            Rest::Keys { keys, done, .. } => keys.len() - done,
            Rest::Slots { left, .. } => *left,
        }
    }

    /// The next one; `None` if there is nobody in the slots that were looked at, or that was all.
    #[inline]
    fn next<T>(&mut self, tenants: &Slots<T>) -> Option<Key> {
        match self {
            Rest::Keys { keys, done, .. } => {
                *done += 1;
                keys.get(*done - 1).copied()
            }
            Rest::Slots { slots, left } => {
                let key = slots.take(SLOTS).find_map(|slot| tenants.key_at(slot))?;
                *left = left.saturating_sub(1);
                Some(key)
            }
        }
    }
}

impl Errand<'_> {
    pub(super) fn is_push(&self) -> bool {
        matches!(self, Errand::Push(_) | Errand::PushTo(..))
    }

    /// Whether it tells that a request gets no answer.
    pub(super) fn is_no_answer(&self) -> bool {
        matches!(self, Errand::Answer(_, Answer::None))
    }

    pub(super) fn is_answer(&self) -> bool {
        matches!(self, Errand::Answer(..))
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.end();
    }
}

/// What a worker has done of its mail.
#[cfg(any(test, fuzzing))]
#[derive(Clone, Copy)]
pub(crate) struct Delivered {
    /// So many letters were taken.
    pub(crate) taken: u64,
    /// The last of them was to many, and some have not got it yet.
    pub(crate) is_amid: bool,
}

/// A letter, by its number.
#[derive(Clone, Copy)]
pub(super) struct Last(u64);

impl Deref for Pushed<'_> {
    type Target = Message;

    fn deref(&self) -> &Message {
        match self {
            Pushed::Own(message) => message,
            Pushed::Lent(message) => message,
        }
    }
}
