use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Ask<'a> {
    #[mario(correlation)]
    id: &'a str,
}

fn main() {}
