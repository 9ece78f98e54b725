use mario_macros::Packet;

struct Id(u32);

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Login {
    #[mario(via = u32, prefix = u8)]
    id: Id,
}

fn main() {}
