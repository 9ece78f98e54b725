use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Chunk<'a> {
    #[mario(rest, prefix = u8)]
    data: &'a [u8],
}

fn main() {}
