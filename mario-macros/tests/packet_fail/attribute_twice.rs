use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[mario(crate = mario_proto)]
struct Login {
    uid: u16,
}

fn main() {}
