use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Folder {
    name: String,
    folders: Vec<Folder>,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Node {
    next: Vec<Self>,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Tree<'a> {
    trees: mario_proto::List<'a, Tree<'a>>,
}

fn main() {}
