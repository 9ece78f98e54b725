use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto, extensible)]
struct Login {
    uid: u32,
    #[mario(since = 2)]
    device: u8,
}

fn main() {}
