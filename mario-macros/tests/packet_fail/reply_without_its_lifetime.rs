use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Hello<'a> {
    greeting: &'a str,
}

#[derive(Packet)]
#[mario(crate = mario_proto, command = 0x0602, reply = Hello)]
struct SayHello {
    times: u8,
}

fn main() {}
