use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Folder {
    name: String,
    folders: Vec<Folder>,
}

fn main() {}
