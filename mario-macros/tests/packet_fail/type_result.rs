use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Outcome {
    outcome: Result<u32, String>,
}

fn main() {}
