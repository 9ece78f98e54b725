//! What travels: the two packets and their command.

use mario::Packet;

/// The command's id.
pub const SAY_HELLO: u16 = 0x0602;

/// Who wants to be greeted. The name is borrowed from the server's read buffer.
#[derive(Debug, Packet)]
pub struct SayHello<'a> {
    pub name: &'a str,
}

/// The greeting, and how many calls this connection has made.
#[derive(Debug, Packet)]
pub struct Hello {
    pub greeting: String,
    pub calls: u32,
}
