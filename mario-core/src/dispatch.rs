//! Command id → handler: a constant table, made by `commands!`.

pub(crate) mod distinct;
pub(crate) mod table;

use std::fmt;

use mario_proto::{
    Decode, DecodeError, DecodeErrorKind, Description, EncodeError, IntoReply, Packet, decode_packet,
};

use crate::conn::Conn;
use crate::outbox::SendError;
use crate::reason::Close;
use crate::service::Service;
use table::Page;

/// The commands of a service: the constant table that [`commands!`](crate::commands) makes.
///
/// A look-up is two loads: a directory by the id's high byte, a page by its low byte.
pub struct Commands<S: Service> {
    directory: &'static [u16; 256],
    pages: &'static [Page<S>],
    entries: &'static [Entry<S>],
}

impl<S: Service> Commands<S> {
    /// Only generated code calls this, with the results of `directory` and `pages`.
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
        self.entries.iter().find(|entry| entry.id() == id)
    }

    #[inline]
    pub(crate) fn handler(&self, id: u16) -> Option<Handler<S>> {
        let [low, high] = id.to_le_bytes();
        let page = self.pages.get(usize::from(self.directory[usize::from(high)]))?;
        page.handler(low)
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
    /// The packet that it takes, if its payload is not empty.
    pub request: Option<&'static Description>,
    /// The packet that it may reply with by returning it, if there is one.
    pub reply: Option<&'static Description>,
}

impl<S: Service> Entry<S> {
    /// Only generated code calls this.
    #[doc(hidden)]
    pub const fn new(
        id: u16,
        name: &'static str,
        doc: &'static str,
        request: Option<&'static Description>,
        reply: Option<&'static Description>,
        handler: Handler<S>,
    ) -> Self {
        Entry { description: CommandDescription { id, name, doc, request, reply }, handler }
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

/// The id of what stands in for a command that does not compile.
#[doc(hidden)]
pub const STUB: u16 = 0xffff;

/// Does not compile if `id` is reserved; for an id that only the compiler knows.
///
/// # Panics
/// If it is reserved.
#[doc(hidden)]
#[track_caller]
pub const fn assert_free(id: u16) {
    assert!(
        !mario_proto::is_reserved(id),
        "this id names an event of the connection itself: take one below 0xfffc"
    );
}

/// The packet that a handler takes, and its correlation.
#[doc(hidden)]
#[inline]
pub fn request<'a, P: Packet + Decode<'a>>(payload: &'a [u8]) -> Result<(P, Option<u64>), DecodeError> {
    let packet: P = decode_packet(payload)?;
    let correlation = packet.correlation();
    Ok((packet, correlation))
}

/// The payload of a command whose handler takes no packet: there must be none.
#[doc(hidden)]
#[inline]
pub fn no_request(payload: &[u8]) -> Result<((), Option<u64>), DecodeError> {
    match payload.len() {
        0 => Ok(((), None)),
        bytes => {
            let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
            Err(DecodeError::new(DecodeErrorKind::LeftOver { bytes }, 0))
        }
    }
}

/// The packet that a handler takes, as constant data.
#[doc(hidden)]
pub const fn request_description<P: Packet>() -> Option<&'static Description> {
    Some(P::DESCRIPTION)
}

/// The packet that a handler may return, as constant data.
#[doc(hidden)]
pub const fn reply_description<R: IntoReply>() -> Option<&'static Description> {
    R::REPLY
}

/// Sends what a handler returned, under the correlation of the request if that has one.
#[doc(hidden)]
#[inline]
pub fn reply<S, R>(conn: &mut Conn<'_, S>, correlation: Option<u64>, returned: R) -> Handled
where
    S: Service,
    R: IntoReply<Error: Into<Close>>,
{
    match returned.into_reply() {
        Ok(None) => Handled::Done,
        Ok(Some(mut packet)) => {
            if let Some(correlation) = correlation {
                packet.set_correlation(correlation);
            }
            match conn.reply(&packet) {
                Err(SendError::Encode(error)) => Handled::Unsendable(error),
                // Of all else that can go wrong the connection knows.
                _ => Handled::Done,
            }
        }
        Err(error) => {
            let Close = error.into();
            Handled::Close
        }
    }
}
