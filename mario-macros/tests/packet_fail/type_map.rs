use std::collections::{HashMap, HashSet};

use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Scores {
    by_name: HashMap<String, u32>,
    banned: HashSet<String>,
}

fn main() {}
