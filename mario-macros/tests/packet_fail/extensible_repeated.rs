use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto, extensible)]
struct Point {
    x: i32,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Shape {
    corners: [Point; 2],
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Path {
    points: Vec<Point>,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Line {
    from: Option<Point>,
    to: u8,
}

fn main() {}
