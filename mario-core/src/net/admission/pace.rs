//! How fast connections may come, to the whole server.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::parts::rate::{Bucket, Rate};

/// The tokens of new connections, which all who accept share.
#[derive(Debug)]
pub(crate) struct Pace {
    rate: Rate,
    bucket: Mutex<Bucket>,
}

impl Pace {
    pub(crate) fn new(rate: Rate) -> Pace {
        Pace { rate, bucket: Mutex::new(Bucket::full(rate, Duration::ZERO)) }
    }

    /// Where connections that are too many wait: takes the token of the next one, or says how long it has to wait.
    pub(super) fn next_turn(&self, now: Duration) -> Option<Duration> {
        if !self.rate.pauses() || self.take(now) {
            return None;
        }
        Some(self.bucket().wait(self.rate, 1))
    }

    /// Where they are closed: whether there is a token for one that has come.
    pub(super) fn admits(&self, now: Duration) -> bool {
        self.rate.pauses() || self.take(now)
    }

    /// The token that was taken for the next one is not needed.
    pub(super) fn give_back(&self) {
        if self.rate.pauses() {
            self.put_back();
        }
    }

    /// The token of one that has come is not needed.
    pub(super) fn put_back(&self) {
        self.bucket().put_back(self.rate, 1);
    }

    fn take(&self, now: Duration) -> bool {
        let mut bucket = self.bucket();
        let is_there = bucket.tokens(self.rate, now) > 0;
        if is_there {
            bucket.take(1);
        }
        is_there
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        // Nothing is done under the lock that could panic half-way.
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
