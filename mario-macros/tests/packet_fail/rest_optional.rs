use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Chunk<'a> {
    #[mario(rest)]
    data: Option<&'a [u8]>,
}

fn main() {}
