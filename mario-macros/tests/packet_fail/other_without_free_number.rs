use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[repr(u8)]
enum Color {
    Max = 255,
    #[mario(other)]
    Unknown(u8),
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[repr(u8)]
enum Mood {
    Happy = 1,
    #[mario(other)]
    Unknown(u8),
    Angry = 2,
}

fn main() {}
