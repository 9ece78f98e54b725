use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
union Either {
    int: u32,
    float: f32,
}

fn main() {}
