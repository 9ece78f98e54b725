use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto, extensible)]
struct Login {
    #[mario(since = 1, default)]
    uid: u32,
    #[mario(since = 70_000, default)]
    device: u8,
}

fn main() {}
