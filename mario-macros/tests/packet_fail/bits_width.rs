use mario_macros::Packet;

struct Rights;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Grant {
    #[mario(bits = isize)]
    rights: Rights,
    #[mario(bits = u128)]
    wide: Rights,
}

fn main() {}
