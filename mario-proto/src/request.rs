use crate::{Decode, Packet};

/// A packet that is the request of one command: what a call needs to know.
///
/// `#[derive(Packet)]` implements it for a packet with `#[mario(command = 0x0602, reply = Hello)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which command it is the request of",
    label = "of no command",
    note = "put `#[mario(command = 0x0602, reply = Hello)]` on the packet, with its command's id and reply; or, on a handler, write `#[mario::command(0x0602)]`"
)]
pub trait Request: Packet {
    /// The id of the command.
    const COMMAND: u16;

    /// The packet that answers it, at `'static` if it borrows; [`NoReply`](crate::NoReply) if none does.
    type Reply: Packet;
}

/// A request whose reply borrows nothing, so that it can be returned without the frame that it came in.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no reply that can be returned by itself",
    label = "its reply borrows, or there is none",
    note = "a reply that borrows is read from its frame: call `request_frame`, and decode what it returns",
    note = "a request without a reply is sent with `send`"
)]
pub trait OwnedReply: Request<Reply: for<'a> Decode<'a>> {}
