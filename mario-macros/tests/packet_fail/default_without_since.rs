use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto, extensible)]
struct Login {
    uid: u32,
    #[mario(default = 3)]
    device: u8,
}

fn main() {}
