use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Point {
    x: i32,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Shape<'a> {
    #[mario(big_endian)]
    end: Option<Point>,
    #[mario(big_endian)]
    corners: [Point; 2],
    #[mario(big_endian)]
    color: &'a [u8; 4],
    #[mario(big_endian, c_text = 4)]
    code: &'a str,
    #[mario(big_endian, prefix = u8)]
    name: &'a str,
    #[mario(big_endian, rest)]
    data: &'a [u8],
}

fn main() {}
