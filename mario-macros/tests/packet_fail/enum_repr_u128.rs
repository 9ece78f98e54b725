use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[repr(u128)]
enum Color {
    Red,
    Green,
}

fn main() {}
