use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Name<'a> {
    #[mario(range = 1..=9)]
    name: &'a str,
}

fn main() {}
