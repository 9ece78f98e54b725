use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto, extensible)]
struct Point {
    x: i32,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Line {
    from: Point,
    to: Point,
}

fn main() {}
