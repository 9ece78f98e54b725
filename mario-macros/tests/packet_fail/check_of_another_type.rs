use mario_macros::Packet;

fn is_name(name: &str) -> bool {
    !name.is_empty()
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Login {
    #[mario(check = is_name)]
    uid: u32,
}

fn main() {}
