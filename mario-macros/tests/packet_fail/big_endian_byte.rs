use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Color {
    #[mario(big_endian)]
    red: u8,
    #[mario(big_endian)]
    opaque: bool,
}

fn main() {}
