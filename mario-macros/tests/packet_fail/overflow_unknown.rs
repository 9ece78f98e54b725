use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto, overflow = drop_oldest)]
struct Position {
    x: u32,
}

fn main() {}
