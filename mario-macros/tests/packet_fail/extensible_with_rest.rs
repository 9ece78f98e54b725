use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto, extensible)]
struct Chunk<'a> {
    id: u8,
    #[mario(rest)]
    data: &'a [u8],
}

fn main() {}
