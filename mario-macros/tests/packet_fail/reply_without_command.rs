use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Hello {
    calls: u32,
}

#[derive(Packet)]
#[mario(crate = mario_proto, reply = Hello)]
struct SayHello {
    times: u8,
}

fn main() {}
