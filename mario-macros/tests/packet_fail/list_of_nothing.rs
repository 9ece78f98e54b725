use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Nothing;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Claims {
    claims: Vec<Nothing>,
}

fn main() {}
