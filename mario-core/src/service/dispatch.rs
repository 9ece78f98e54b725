//! Command id → handler: a constant table, made by `commands!`.

pub(crate) mod command;
pub(crate) mod distinct;
pub(crate) mod table;

use std::fmt;

use mario_proto::Description;

pub(crate) use command::Handled;

use crate::service::Service;
use crate::service::conn::Conn;
use command::Command;
use table::{Page, Table};

/// How many commands a page has places for: those of a high byte.
const PAGE: usize = 256;

/// The commands of a service: the constant table that [`commands!`](crate::commands) makes.
///
/// A look-up is two loads: a directory by the id's high byte, a page by its low byte.
pub struct Commands<S: Service> {
    directory: &'static [u16; 256],
    pages: &'static [Page<S>],
    entries: &'static [Entry<S>],
}

impl<S: Service> Commands<S> {
    /// Only generated code calls this.
    #[doc(hidden)]
    pub const fn new<const COMMANDS: usize, const PAGES: usize>(
        table: &'static Table<S, COMMANDS, PAGES>,
    ) -> Self {
        Commands { directory: &table.directory, pages: &table.pages, entries: &table.entries }
    }

    /// Each command, in the order of the list that was given to `commands!`.
    pub fn iter(&self) -> impl Iterator<Item = &'static Entry<S>> {
        self.entries.iter()
    }

    /// The entry of `id`, if a command takes it.
    pub fn get(&self, id: u16) -> Option<&'static Entry<S>> {
        self.entries.iter().find(|entry| entry.id() == id)
    }

    /// How many [places](Commands::place) there are.
    pub(crate) fn places(&self) -> usize {
        self.pages.len() * PAGE
    }

    /// The place of a command in the table, of its own; those that nobody handles share some.
    #[inline]
    pub(crate) fn place(&self, id: u16) -> usize {
        let [low, high] = id.to_le_bytes();
        usize::from(self.directory[usize::from(high)]) * PAGE + usize::from(low)
    }

    /// The handler of the command at this place, if there is one.
    #[inline]
    pub(crate) fn handler(&self, place: usize) -> Option<Handler<S>> {
        self.pages.get(place / PAGE)?.handler((place % PAGE) as u8)
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

/// One command of a service, and its handler.
pub struct Entry<S: Service> {
    description: CommandDescription,
    handler: Handler<S>,
}

/// A command as constant data: enough to write its documents, or a client in another language.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CommandDescription {
    /// The command's id on the wire.
    pub id: u16,
    /// The name of the function that handles it.
    pub name: &'static str,
    /// The documentation of that function.
    pub doc: &'static str,
    /// The function that has to let a connection run it, as it was declared.
    pub guard: Option<&'static str>,
    /// The packet that it takes, if its payload is not empty.
    pub request: Option<&'static Description>,
    /// The packet that it may reply with by returning it, if there is one.
    pub reply: Option<&'static Description>,
}

impl<S: Service> Entry<S> {
    /// Only generated code calls this.
    #[doc(hidden)]
    pub const fn new<C: Command>(
        doc: &'static str,
        request: Option<&'static Description>,
        reply: Option<&'static Description>,
        handler: Handler<S>,
    ) -> Self {
        Entry {
            description: CommandDescription { id: C::ID, name: C::NAME, doc, guard: None, request, reply },
            handler,
        }
    }

    /// Only generated code calls this.
    #[doc(hidden)]
    #[must_use]
    pub const fn guarded_by(self, guard: &'static str) -> Self {
        Entry { description: CommandDescription { guard: Some(guard), ..self.description }, ..self }
    }

    /// The command's id on the wire.
    pub const fn id(&self) -> u16 {
        self.description.id
    }

    /// The name of the function that handles it.
    pub const fn name(&self) -> &'static str {
        self.description.name
    }

    /// The command as constant data.
    pub const fn description(&self) -> CommandDescription {
        self.description
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
        write!(f, "{} = {:#06x}", self.name(), self.id())
    }
}

/// Decode, call, encode: what `#[mario::command]` makes of a function.
pub(crate) type Handler<S> = fn(&mut Conn<'_, S>, &[u8]) -> Handled;
