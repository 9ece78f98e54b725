use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[repr(u16)]
enum Color {
    Red,
    #[mario(other)]
    Unknown(#[mario(big_endian)] u16),
}

fn main() {}
