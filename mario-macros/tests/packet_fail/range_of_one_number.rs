use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Move {
    #[mario(range = 5)]
    steps: u8,
}

fn main() {}
