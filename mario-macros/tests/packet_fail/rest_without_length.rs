use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Login {
    #[mario(rest)]
    uid: u32,
}

fn main() {}
