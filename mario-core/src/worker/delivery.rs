//! Mail that has come, letter by letter and connection by connection.

use std::ops::Deref;
use std::sync::Arc;

use crate::connections::{Message, Survey};
use crate::groups::Groups;
use crate::mail::{Answer, Answered, Asked, Letter, Mail};
use crate::name::Name;
use crate::reason::Reason;
use crate::slots::Key;

/// Where a worker is in its mail. Dropping it, as a worker that dies does, ends the mail.
pub(super) struct Delivery {
    mail: Arc<Mail>,
    /// Letters that were taken so far.
    taken: u64,
    /// A letter to many of which some have not got it yet.
    many: Option<Many>,
    surveys: Vec<Survey>,
}

struct Many {
    keys: Box<[Key]>,
    done: usize,
    message: Message,
}

/// What to do for one connection.
pub(super) enum Errand<'d> {
    Push(Pushed<'d>),
    Join(Name),
    Leave(Name),
    End(Reason),
    Answer(Asked, Answer),
}

/// A message that is lent if others get it too.
pub(super) enum Pushed<'d> {
    Own(Message),
    Lent(&'d Message),
}

impl Delivery {
    pub(super) fn new(mail: Arc<Mail>) -> Self {
        Delivery { mail, taken: 0, many: None, surveys: Vec::new() }
    }

    /// There is something to do for which no event will come.
    pub(super) fn has_work(&self) -> bool {
        self.is_amid_many() || self.has_surveys() || !self.mail.is_empty()
    }

    /// The next thing to do, in the order in which it was asked for.
    #[inline]
    pub(super) fn next(&mut self, groups: &Groups, all: impl Fn() -> Vec<Key>) -> Option<(Key, Errand<'_>)> {
        while !self.is_amid_many() {
            self.many = None;
            let letter = self.mail.next()?;
            self.taken += 1;
            // Whoever is a member now gets it, however long it takes.
            let (keys, message) = match letter {
                Letter::Push(key, message) => return Some((key, Errand::Push(Pushed::Own(message)))),
                Letter::Join(key, group) => return Some((key, Errand::Join(group))),
                Letter::Leave(key, group) => return Some((key, Errand::Leave(group))),
                Letter::Close(key) => return Some((key, Errand::End(Reason::Service))),
                Letter::Kick(key) => return Some((key, Errand::End(Reason::Kicked))),
                Letter::Answer(Answered { key, request, answer }) => {
                    return Some((key, Errand::Answer(request, answer)));
                }
                Letter::Slowest(survey) => {
                    self.surveys.push(survey);
                    continue;
                }
                Letter::PushMany(keys, message) => (keys, message),
                Letter::PushToGroup(group, message) => (groups.members(group).into(), message),
                Letter::PushToAll(message) => (all().into(), message),
                Letter::Die => panic!("a test wanted it"),
            };
            if !keys.is_empty() {
                self.many = Some(Many { keys, done: 0, message });
            }
        }
        let Many { keys, done, message } = self.many.as_mut()?;
        *done += 1;
        Some((keys[*done - 1], Errand::Push(Pushed::Lent(message))))
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
        if let Some(Many { keys, done, .. }) = self.many.take() {
            self.mail.lose(keys.len() - done);
        }
    }

    /// The same, and takes no more letters.
    pub(super) fn end(&mut self) {
        self.give_up();
        self.mail.end();
    }

    fn is_amid_many(&self) -> bool {
        self.many.as_ref().is_some_and(|many| many.done < many.keys.len())
    }
}

impl Errand<'_> {
    pub(super) fn is_push(&self) -> bool {
        matches!(self, Errand::Push(_))
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
