use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Envelope<T> {
    inner: T,
}

fn main() {}
