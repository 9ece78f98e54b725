use mario_macros::Packet;

const RED: u8 = 3;

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[repr(u8)]
enum Color {
    Red = RED,
    Green,
}

fn main() {}
