use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[repr(u8)]
enum Event {
    Joined {
        uid: u32,
        #[mario(since = 2, default)]
        device: u8,
    },
    Left {
        uid: u32,
        #[mario(default)]
        reason: u8,
    },
}

fn main() {}
