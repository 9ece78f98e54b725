use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[repr(u8)]
enum Color {
    #[mario(prefix = u8)]
    Red,
}

#[derive(Packet)]
#[mario(crate = mario_proto, prefix = u8)]
struct Name<'a> {
    #[mario(pre_fix = u8)]
    name: &'a str,
}

fn main() {}
