use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Block<const N: usize> {
    bytes: [u8; N],
}

fn main() {}
