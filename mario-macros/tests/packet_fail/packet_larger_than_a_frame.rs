use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Image {
    width: u16,
    pixels: [u8; 65_536],
}

fn main() {}
