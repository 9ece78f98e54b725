use std::borrow::Cow;

use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Message<'a> {
    text: Cow<'a, str>,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Answer {
    value: dyn std::any::Any + Send,
}

fn main() {}
