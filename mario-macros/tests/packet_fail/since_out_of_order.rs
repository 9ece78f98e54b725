use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto, extensible)]
struct Login {
    uid: u32,
    #[mario(since = 3, default)]
    device: u8,
    #[mario(since = 2, default)]
    locale: u8,
    system: u8,
}

fn main() {}
