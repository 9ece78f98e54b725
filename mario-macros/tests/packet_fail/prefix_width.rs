use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Name<'a> {
    #[mario(prefix = u64)]
    name: &'a str,
}

fn main() {}
