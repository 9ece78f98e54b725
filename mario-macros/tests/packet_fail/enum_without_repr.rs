use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
enum Color {
    Red,
    Green,
}

fn main() {}
