//! What travels between a device and the gateway.

use mario::Packet;

pub const LOG_IN: u16 = 0x6101;
pub const SUBSCRIBE: u16 = 0x6102;
pub const DELIVERED: u16 = 0x6103;
pub const PUSH: u16 = 0x6201;
pub const HEARTBEAT: u16 = 0x6001;

/// Who the device is.
#[derive(Debug, Packet)]
pub struct LogIn {
    pub device: u64,
}

/// The device may go on.
#[derive(Debug, Packet)]
pub struct Welcome {
    /// How often it should send a heartbeat, in seconds.
    pub heartbeat: u16,
}

/// The device wants to hear of a topic.
#[derive(Debug, Packet)]
pub struct Subscribe<'a> {
    #[mario(max = 22)]
    pub topic: &'a str,
}

/// It will.
#[derive(Debug, Packet)]
pub struct Subscribed;

/// What an operator has to say. For a device that does not read, only the latest is kept.
#[derive(Debug, Packet)]
#[mario(overflow = keep_latest)]
pub struct Push<'a> {
    pub number: u64,
    pub text: &'a str,
}

/// A push has arrived.
#[derive(Debug, Packet)]
pub struct Delivered {
    pub number: u64,
}
