use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[repr(usize)]
enum Color {
    Red,
    Green,
    #[mario(other)]
    Unknown(usize),
}

fn main() {}
