use mario_macros::Packet;

const LIMIT: usize = 300;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Name<'a> {
    #[mario(prefix = u8, max = LIMIT)]
    name: &'a str,
}

fn main() {}
