use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Chunk<'a> {
    #[mario(rest)]
    data: &'a [u8],
    checksum: u32,
}

fn main() {}
