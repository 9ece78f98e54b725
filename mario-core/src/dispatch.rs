//! Command id → handler: a constant table, made by `commands!`.

use std::fmt;

use mario_proto::{DecodeError, EncodeError, IntoReply};

use crate::conn::Conn;
use crate::outbox::SendError;
use crate::reason::Close;
use crate::service::Service;

/// The commands of a service: the constant table that [`commands!`](crate::commands) makes.
///
/// A look-up is two loads: a directory by the id's high byte, a page by its low byte.
pub struct Commands<S: Service> {
    directory: &'static [u16; 256],
    pages: &'static [Page<S>],
    entries: &'static [Entry<S>],
}

impl<S: Service> Commands<S> {
    /// Only generated code calls this, with the results of [`directory`] and [`pages`].
    #[doc(hidden)]
    pub const fn new(
        directory: &'static [u16; 256],
        pages: &'static [Page<S>],
        entries: &'static [Entry<S>],
    ) -> Self {
        Commands { directory, pages, entries }
    }

    /// Each command, in the order of the list that was given to `commands!`.
    pub fn iter(&self) -> impl Iterator<Item = &'static Entry<S>> {
        self.entries.iter()
    }

    /// The entry of `id`, if a command takes it.
    pub fn get(&self, id: u16) -> Option<&'static Entry<S>> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    #[inline]
    pub(crate) fn handler(&self, id: u16) -> Option<Handler<S>> {
        let [low, high] = id.to_le_bytes();
        let page = self.pages.get(usize::from(self.directory[usize::from(high)]))?;
        page.0[usize::from(low)]
    }
}

impl<S: Service> Clone for Commands<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Service> Copy for Commands<S> {}

impl<S: Service> fmt::Debug for Commands<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// One command of a service: its id and the name of its handler.
pub struct Entry<S: Service> {
    id: u16,
    name: &'static str,
    handler: Handler<S>,
}

impl<S: Service> Entry<S> {
    /// Only generated code calls this.
    #[doc(hidden)]
    pub const fn new(id: u16, name: &'static str, handler: Handler<S>) -> Self {
        Entry { id, name, handler }
    }

    /// The command's id on the wire.
    pub const fn id(&self) -> u16 {
        self.id
    }

    /// The name of the function that handles it.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<S: Service> Clone for Entry<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Service> Copy for Entry<S> {}

impl<S: Service> fmt::Debug for Entry<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {:#06x}", self.name, self.id)
    }
}

/// Decode, call, encode: what `#[mario::command]` makes of a function.
pub(crate) type Handler<S> = fn(&mut Conn<'_, S>, &[u8]) -> Handled;

/// What became of a frame.
#[doc(hidden)]
#[derive(Debug)]
pub enum Handled {
    /// The handler ran.
    Done,
    /// The handler ran, and its error was to close.
    Close,
    /// The payload is no such packet; the handler did not run.
    Malformed(DecodeError),
    /// The handler ran, and what it returned can't be encoded.
    Unsendable(EncodeError),
}

/// A function that `#[mario::command]` was put on.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no command",
    label = "no command",
    note = "put `#[mario::command(id)]` on the function, and name the function itself here"
)]
pub trait Command: 'static {
    type Service: Service;
    const ENTRY: Entry<Self::Service>;
}

/// The entry of `C`, if it is a command of the service `S`.
#[doc(hidden)]
pub const fn entry<S: Service, C: Command<Service = S>>() -> Entry<S> {
    C::ENTRY
}

/// Sends what a handler returned.
#[doc(hidden)]
#[inline]
pub fn reply<S, R>(conn: &mut Conn<'_, S>, returned: R) -> Handled
where
    S: Service,
    R: IntoReply<Error: Into<Close>>,
{
    match returned.into_reply() {
        Ok(None) => Handled::Done,
        Ok(Some(packet)) => match conn.reply(&packet) {
            Err(SendError::Encode(error)) => Handled::Unsendable(error),
            // Of all else that can go wrong the connection knows.
            _ => Handled::Done,
        },
        Err(error) => {
            let Close = error.into();
            Handled::Close
        }
    }
}

/// The handlers of 256 ids that share their high byte.
#[doc(hidden)]
pub struct Page<S: Service>([Option<Handler<S>>; 256]);

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
        let high = (entries[i].id >> 8) as usize;
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
        let Entry { id, handler, .. } = entries[i];
        pages[directory[(id >> 8) as usize] as usize].0[(id & 0xff) as usize] = Some(handler);
        i += 1;
    }
    pages
}

/// The first entry before `entries[at]` that has its id.
#[doc(hidden)]
pub const fn duplicate<S: Service>(entries: &[Entry<S>], at: usize) -> Option<usize> {
    let mut i = 0;
    while i < at {
        if entries[i].id == entries[at].id {
            return Some(i);
        }
        i += 1;
    }
    None
}
