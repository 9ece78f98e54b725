use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Name<'a> {
    #[mario(prefix)]
    name: &'a str,
    #[mario(rest = 1)]
    tail: &'a str,
}

fn main() {}
