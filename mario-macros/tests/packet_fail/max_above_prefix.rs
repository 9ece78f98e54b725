use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Name<'a> {
    #[mario(prefix = u8, max = 300)]
    name: &'a str,
    #[mario(max = 70_000)]
    text: &'a str,
}

fn main() {}
