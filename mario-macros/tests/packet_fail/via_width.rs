use mario_macros::Packet;

struct Id(usize);

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Login {
    #[mario(via = usize)]
    id: Id,
}

fn main() {}
