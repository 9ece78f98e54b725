use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[repr(u8)]
enum Color {
    Red = 0,
    Green = -1,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[repr(i8)]
enum Mood {
    Happy = 127,
    Angry,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[repr(u8)]
enum Size {
    Small = 1,
    Large = 1,
}

fn main() {}
