use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Ask {
    #[mario(correlation)]
    id: u32,
    #[mario(correlation)]
    other: u32,
}

fn main() {}
