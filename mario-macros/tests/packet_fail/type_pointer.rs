use std::sync::Arc;

use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Shared {
    boxed: Box<u32>,
    shared: Arc<str>,
    raw: *const u32,
    call: fn(u32) -> u32,
}

fn main() {}
