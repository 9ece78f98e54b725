use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Image {
    width: u16,
    pixels: [u8; 65_536],
}

// The mistake is not one of this packet.
#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Upload {
    id: u32,
    image: Image,
}

fn main() {}
