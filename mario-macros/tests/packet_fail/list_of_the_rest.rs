use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Chunk<'a> {
    #[mario(rest)]
    data: &'a [u8],
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Chunks<'a> {
    chunks: Vec<Chunk<'a>>,
}

fn main() {}
