use mario_macros::Packet;

struct Rights;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Grant {
    #[mario(bits = i32)]
    rights: Rights,
}

fn main() {}
