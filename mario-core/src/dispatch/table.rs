//! The table of two levels, built while the service is compiled.

use super::{Entry, Handler};
use crate::service::Service;

/// The handlers of 256 ids that share their high byte.
#[doc(hidden)]
pub struct Page<S: Service>([Option<Handler<S>>; 256]);

impl<S: Service> Page<S> {
    #[inline]
    pub(crate) fn handler(&self, low: u8) -> Option<Handler<S>> {
        self.0[usize::from(low)]
    }
}

impl<S: Service> Clone for Page<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Service> Copy for Page<S> {}

/// How many pages the table of `entries` has: one for each used high byte, and an empty one for all others.
#[doc(hidden)]
pub const fn page_count<S: Service>(entries: &[Entry<S>]) -> usize {
    let directory = directory(entries);
    let mut count = 1;
    let mut high = 0;
    while high < 256 {
        count += (directory[high] != 0) as usize;
        high += 1;
    }
    count
}

/// For each high byte the number of its page; page 0 is empty.
#[doc(hidden)]
pub const fn directory<S: Service>(entries: &[Entry<S>]) -> [u16; 256] {
    let mut directory = [0; 256];
    let mut used = 0;
    let mut i = 0;
    while i < entries.len() {
        let high = (entries[i].id() >> 8) as usize;
        if directory[high] == 0 {
            used += 1;
            directory[high] = used;
        }
        i += 1;
    }
    directory
}

/// The pages to which [`directory`] points; `N` is [`page_count`].
#[doc(hidden)]
pub const fn pages<S: Service, const N: usize>(entries: &[Entry<S>]) -> [Page<S>; N] {
    let directory = directory(entries);
    let mut pages = [Page([None; 256]); N];
    let mut i = 0;
    while i < entries.len() {
        let (id, handler) = (entries[i].id(), entries[i].handler);
        pages[directory[(id >> 8) as usize] as usize].0[(id & 0xff) as usize] = Some(handler);
        i += 1;
    }
    pages
}
