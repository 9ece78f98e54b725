use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[repr(u8)]
enum Image {
    Small([u8; 64]),
    Large([u8; 65_527]),
}

fn main() {}
