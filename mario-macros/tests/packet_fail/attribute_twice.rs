use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[mario(crate = mario_proto)]
struct Login {
    uid: u16,
    #[mario(prefix = u8, max = 300, prefix = u16)]
    name: String,
}

fn main() {}
