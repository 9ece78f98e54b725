use mario_macros::Packet;

#[derive(Clone)]
struct Id(u32);

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Login {
    #[mario(via = u32)]
    id: Id,
}

fn main() {}
