//! Mail that has come, letter by letter and connection by connection.

use crate::connections::Message;
use crate::mail::{Letter, Mail};
use crate::slots::Key;

/// Where a worker is in its mail.
pub(super) struct Delivery {
    /// A letter to many of which some have not got it yet.
    many: Option<(Box<[Key]>, usize, Message)>,
}

/// What to do for one connection.
pub(super) enum Errand<'d> {
    Push(Key, Pushed<'d>),
    Close(Key),
}

/// A message that is lent to all but the last of those who get it.
pub(super) enum Pushed<'d> {
    Own(Message),
    Lent(&'d Message),
}

impl Delivery {
    pub(super) const NONE: Delivery = Delivery { many: None };

    /// There is something to do for which no event will come.
    pub(super) fn has_work(&self, mail: &Mail) -> bool {
        self.many.is_some() || !mail.is_empty()
    }

    /// The next thing to do, in the order in which it was asked for.
    #[inline]
    pub(super) fn next(&mut self, mail: &Mail) -> Option<Errand<'_>> {
        if self.many.as_ref().is_some_and(|(keys, done, _)| *done == keys.len()) {
            self.many = None;
        }
        while self.many.is_none() {
            match mail.next()? {
                Letter::Push(key, message) => return Some(Errand::Push(key, Pushed::Own(message))),
                Letter::Close(key) => return Some(Errand::Close(key)),
                Letter::PushMany(keys, _) if keys.is_empty() => {}
                Letter::PushMany(keys, message) => self.many = Some((keys, 0, message)),
            }
        }
        let (keys, done, message) = self.many.as_mut()?;
        *done += 1;
        Some(Errand::Push(keys[*done - 1], Pushed::Lent(message)))
    }
}

impl std::ops::Deref for Pushed<'_> {
    type Target = Message;

    fn deref(&self) -> &Message {
        match self {
            Pushed::Own(message) => message,
            Pushed::Lent(message) => message,
        }
    }
}
