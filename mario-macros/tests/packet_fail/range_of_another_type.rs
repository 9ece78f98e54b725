use mario_macros::Packet;

const MOST: u16 = 9;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Move {
    #[mario(range = 1.0..)]
    steps: u8,
    #[mario(range = ..=MOST)]
    turns: u8,
}

fn main() {}
