use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[repr(u8)]
enum Color {
    Red,
    #[mario(other)]
    Unknown(u16),
}

fn main() {}
