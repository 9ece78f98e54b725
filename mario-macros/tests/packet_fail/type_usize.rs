use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Login {
    uid: usize,
    delta: isize,
}

fn main() {}
