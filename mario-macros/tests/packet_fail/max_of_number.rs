use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Login {
    #[mario(max = 100)]
    age: u8,
}

fn main() {}
