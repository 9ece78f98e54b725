use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Name {
    name: str,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Numbers {
    numbers: [u16],
}

fn main() {}
