use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
#[repr(u8)]
enum Ask {
    Question {
        #[mario(correlation)]
        id: u32,
    },
}

fn main() {}
