//! What travels.

use mario::Packet;

pub const ENTER: u16 = 0x0501;
pub const SAY: u16 = 0x0502;
pub const SAID: u16 = 0x0503;
pub const HEARTBEAT: u16 = 0x0001;

/// Into this room, please, and out of the one before.
#[derive(Debug, Packet)]
pub struct Enter<'a> {
    #[mario(max = 22)]
    pub room: &'a str,
    #[mario(max = 32)]
    pub name: &'a str,
}

/// You are in; this was said before.
#[derive(Debug, Packet)]
pub struct Entered {
    pub history: Vec<Line>,
}

/// Say this to the room.
#[derive(Debug, Packet)]
pub struct Say<'a> {
    #[mario(max = 1000)]
    pub text: &'a str,
}

/// What was said in a room. Lines have growing numbers, so that one which is in the history and comes as a push too is shown
/// once.
#[derive(Clone, Debug, PartialEq, Packet)]
#[mario(overflow = drop_newest)]
pub struct Line {
    pub number: u64,
    /// Empty if the room itself says something.
    pub name: String,
    pub text: String,
}
