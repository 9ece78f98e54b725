use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct SayHello {
    name: &str,
}

fn main() {}
