use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto, crat = other)]
struct Near;

#[derive(Packet)]
#[mario(crate = mario_proto, something_else_entirely)]
struct Far;

fn main() {}
