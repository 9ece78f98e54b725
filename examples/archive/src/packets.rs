//! What travels. Each request has a number, so that many may be on their way and each answer leaves when it is known.

use mario::Packet;

pub const PUT: u16 = 0x0401;
pub const GET: u16 = 0x0402;

/// Keep this text under this key.
#[derive(Debug, Packet)]
pub struct Put<'a> {
    #[mario(correlation)]
    pub number: u32,
    #[mario(prefix = u8)]
    pub key: &'a str,
    pub text: &'a str,
}

/// What is the text of this key?
#[derive(Debug, Packet)]
pub struct Get<'a> {
    #[mario(correlation)]
    pub number: u32,
    #[mario(prefix = u8)]
    pub key: &'a str,
}

/// It is kept.
#[derive(Debug, Default, Packet)]
pub struct Kept {
    #[mario(correlation)]
    pub number: u32,
}

/// The text, if there is one.
#[derive(Debug, Packet)]
pub struct Got {
    #[mario(correlation)]
    pub number: u32,
    pub text: Option<String>,
}
