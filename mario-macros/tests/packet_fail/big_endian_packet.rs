use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Point {
    x: i32,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Line {
    #[mario(big_endian)]
    from: Point,
}

fn main() {}
