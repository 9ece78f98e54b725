use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Name<'a> {
    #[mario(c_text = 32, prefix = u8)]
    name: &'a str,
}

fn main() {}
