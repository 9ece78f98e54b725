use mario_macros::Packet;

struct Rights;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Grant {
    #[mario(bits = u32, via = u32)]
    rights: Rights,
}

fn main() {}
