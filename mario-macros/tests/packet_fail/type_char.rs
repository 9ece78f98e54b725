use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Key {
    pressed: char,
}

fn main() {}
