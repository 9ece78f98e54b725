use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Move {
    #[mario(range = 1..=300)]
    steps: u8,
}

fn main() {}
