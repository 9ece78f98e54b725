//! The table of two levels, built while the service is compiled.

use super::{Entry, Handler};
use crate::service::Service;

/// The handlers of 256 ids that share their high byte.
pub(crate) struct Page<S: Service>([Option<Handler<S>>; 256]);

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

/// The table of two levels, and the entries it was made of; `PAGES` is the [`page_count`] of their names.
#[doc(hidden)]
pub struct Table<S: Service, const COMMANDS: usize, const PAGES: usize> {
    pub(super) directory: [u16; 256],
    pub(super) pages: [Page<S>; PAGES],
    pub(super) entries: [Entry<S>; COMMANDS],
}

impl<S: Service, const COMMANDS: usize, const PAGES: usize> Table<S, COMMANDS, PAGES> {
    /// Only generated code calls this.
    pub const fn new(names: &[(u16, &str)], entries: [Entry<S>; COMMANDS]) -> Self {
        let directory = directory(names);
        let mut pages = [Page([None; 256]); PAGES];
        let mut i = 0;
        while i < entries.len() {
            let (id, handler) = (entries[i].id(), entries[i].handler);
            pages[directory[(id >> 8) as usize] as usize].0[(id & 0xff) as usize] = Some(handler);
            i += 1;
        }
        Table { directory, pages, entries }
    }
}

/// How many pages the table of commands with these names has: one for each used high byte, and an empty one for all
/// others.
#[doc(hidden)]
pub const fn page_count(names: &[(u16, &str)]) -> usize {
    let directory = directory(names);
    let mut count = 1;
    let mut high = 0;
    while high < 256 {
        count += (directory[high] != 0) as usize;
        high += 1;
    }
    count
}

/// For each high byte the number of its page; page 0 is empty.
const fn directory(names: &[(u16, &str)]) -> [u16; 256] {
    let mut directory = [0; 256];
    let mut used = 0;
    let mut i = 0;
    while i < names.len() {
        let high = (names[i].0 >> 8) as usize;
        if directory[high] == 0 {
            used += 1;
            directory[high] = used;
        }
        i += 1;
    }
    directory
}
