use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Chunk<'a> {
    data: mario_proto::Payload<'a>,
    checksum: u32,
}

fn main() {}
