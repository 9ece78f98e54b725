use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Name<'a> {
    #[mario(c_text = 32)]
    name: &'a [u8],
}

fn main() {}
