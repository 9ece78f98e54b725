use mario_macros::Packet;

fn is_name(name: &str) -> bool {
    !name.is_empty()
}

fn tells(_: &u32) {}

#[derive(Packet)]
#[mario(crate = mario_proto, check = is_name)]
struct Login {
    uid: u32,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Sum {
    #[mario(check = tells)]
    sum: u32,
}

fn main() {}
