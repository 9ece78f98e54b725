use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto, extensible)]
#[repr(u8)]
enum Color {
    Red,
}

fn main() {}
