use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[repr(u8)]
enum Color {
    #[mario(other)]
    Unknown(u8),
    #[mario(other)]
    Unheard(u8),
}

fn main() {}
