use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Line {
    from: (u16, u16),
    points: Vec<(u16, u16)>,
}

fn main() {}
