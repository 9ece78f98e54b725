use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
enum Shape<'a, 'b, T> {
    Circle(usize),
    Named(&'a str, &'b str),
    Other(T),
}

fn main() {}
