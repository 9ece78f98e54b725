use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Login {
    uid: u32,
    #[mario(extensible, since = 2, default)]
    device: u8,
}

fn main() {}
