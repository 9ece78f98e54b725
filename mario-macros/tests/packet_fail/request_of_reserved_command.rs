use mario_macros::Packet;

const LAST: u16 = 0xffff;

#[derive(Packet)]
#[mario(crate = mario_proto, command = 0xfffc)]
struct Connect {
    version: u8,
}

#[derive(Packet)]
#[mario(crate = mario_proto, command = LAST)]
struct Close {
    reason: u8,
}

fn main() {}
