use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto, big_endian)]
struct Scores<'a> {
    scores: mario_proto::List<'a, u32>,
}

fn main() {}
