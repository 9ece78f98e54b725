use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Message<'to, 'text> {
    to: &'to str,
    text: &'text str,
}

fn main() {}
