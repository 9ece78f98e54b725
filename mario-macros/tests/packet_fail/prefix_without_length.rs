use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Login {
    #[mario(prefix = u8)]
    uid: u32,
}

fn main() {}
