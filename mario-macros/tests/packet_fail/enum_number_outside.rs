use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[repr(u8)]
enum Color {
    Red = 300,
    Green = 301,
}

fn main() {}
