use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Motd {
    text: &'static str,
}

fn main() {}
