use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Borrowed<'a> {
    number: &'a u32,
    numbers: &'a [u32],
    text: &'a String,
    room: &'a mut [u8],
}

fn main() {}
