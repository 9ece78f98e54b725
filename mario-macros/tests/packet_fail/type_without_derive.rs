use mario_macros::Packet;

struct Position {
    x: i32,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Move {
    to: Position,
}

fn main() {}
