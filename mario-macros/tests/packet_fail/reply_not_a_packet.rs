use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto, command = 0x0602, reply = String)]
struct SayHello {
    times: u8,
}

fn main() {}
