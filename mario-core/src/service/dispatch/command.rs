//! What `#[mario::command]` makes of a function: decode, call, encode.

use mario_proto::{
    Decode, DecodeError, DecodeErrorKind, Description, Encode, EncodeError, IntoReply, Packet, decode_packet,
};

use super::Entry;
use crate::reason::Close;
use crate::service::Service;
use crate::service::conn::Conn;
use crate::service::reply::Reply;

/// A function that `#[mario::command]` was put on.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "what this names is no command",
    label = "no command",
    note = "write `#[mario::command(id)]` above the function, and name the function itself here"
)]
pub trait Command: 'static {
    /// The command itself. A list says so of what is in it, so that the compiler goes no further with what is none.
    type Command: Command;

    const ID: u16;
    const NAME: &'static str;
}

/// A command of the service `S`.
///
/// `S` is no associated type, as a command may be more visible than its service.
#[doc(hidden)]
pub trait CommandOf<S: Service>: Command {
    const ENTRY: Entry<S>;
}

/// What a list finds by the name of a function that `#[mario::command]` was not put on.
#[doc(hidden)]
pub struct NoCommand;

/// The id and the name of `C`.
#[doc(hidden)]
pub const fn name<C: Command>() -> (u16, &'static str) {
    (C::ID, C::NAME)
}

/// The entry of `C`, if it is a command of the service `S`.
#[doc(hidden)]
pub const fn entry<S: Service, C: CommandOf<S>>() -> Entry<S> {
    C::ENTRY
}

/// What became of a frame.
#[doc(hidden)]
#[derive(Debug)]
pub enum Handled {
    /// The handler ran.
    Done,
    /// The handler ran, and its error was to close.
    Close,
    /// The command's guard refused; nothing was decoded.
    Denied,
    /// The payload is no such packet; the handler did not run.
    Malformed(DecodeError),
    /// The worker owes as many answers as it may; the handler did not run.
    NoRoom,
    /// The handler ran, and what it returned can't be encoded.
    Unsendable(EncodeError),
}

/// The packet that a handler takes.
#[doc(hidden)]
#[inline]
pub fn request<'a, P: Packet + Decode<'a>>(payload: &'a [u8]) -> Result<P, DecodeError> {
    decode_packet(payload)
}

/// The payload of a command whose handler takes no packet: there must be none.
#[doc(hidden)]
#[inline]
pub fn no_request(payload: &[u8]) -> Result<(), DecodeError> {
    match payload.len() {
        0 => Ok(()),
        bytes => {
            let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
            Err(DecodeError::new(DecodeErrorKind::LeftOver { bytes }, 0))
        }
    }
}

/// The correlation of a request.
#[doc(hidden)]
#[inline]
pub fn correlation<P: Packet>(request: &P) -> Option<u64> {
    request.correlation()
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

/// The packet that a handler answers with later, as constant data.
#[doc(hidden)]
pub const fn deferred_description<P: Packet>() -> Option<&'static Description> {
    Some(P::DESCRIPTION)
}

/// The answer that a handler is to give later, if there may be one more.
#[doc(hidden)]
#[inline]
pub fn deferred<S: Service, P: Packet>(
    conn: &mut Conn<'_, S>,
    correlation: Option<u64>,
) -> Result<Reply<P>, Handled> {
    conn.owe(correlation).ok_or(Handled::NoRoom)
}

/// Sends what a handler returned, under the correlation of the request if that has one; `close` is [`close`].
#[doc(hidden)]
#[inline]
pub fn reply<S: Service, R: IntoReply>(
    conn: &mut Conn<'_, S>,
    correlation: Option<u64>,
    returned: R,
    close: impl FnOnce(R::Error) -> Close,
) -> Handled {
    match returned.into_reply() {
        Ok(None) => Handled::Done,
        Ok(Some(mut packet)) => {
            if let Some(correlation) = correlation {
                packet.set_correlation(correlation);
            }
            let Some(mut payload) = conn.begin_reply() else { return Handled::Done };
            if let Err(error) = packet.encode(&mut payload) {
                return Handled::Unsendable(error);
            }
            let payload = payload.written();
            conn.end_reply(payload);
            Handled::Done
        }
        Err(error) => {
            let Close = close(error);
            Handled::Close
        }
    }
}

/// What a handler's error is to its connection. By itself, so that an error which does not close is told at its type.
#[doc(hidden)]
#[inline]
pub fn close<E: Closes>(error: E) -> Close {
    error.into_close()
}

/// What a handler may fail with.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not become `mario::Close`",
    label = "does not close the connection",
    note = "a command that fails closes its connection: write `impl From<{Self}> for mario::Close`; what is to be answered, return as a packet"
)]
pub trait Closes {
    fn into_close(self) -> Close;
}

#[diagnostic::do_not_recommend]
impl<E: Into<Close>> Closes for E {
    #[inline]
    fn into_close(self) -> Close {
        self.into()
    }
}
