#![allow(unused_imports)]

use mario::{Conn, Packet, Reply, Service};

struct Greeter;

impl Service for Greeter {
    type Session = ();
    type Worker = ();
}

#[derive(Packet)]
struct Number {
    value: u32,
}

#[derive(Packet)]
struct Name<'a> {
    name: &'a str,
}

#[mario::command(1)]
fn handler(_conn: &mut Conn<'_, Greeter>, request: Name<'_>, reply: Reply<Number>) {
    std::thread::spawn(move || drop((request, reply)));
}

fn main() {
    const _: mario::Commands<Greeter> = mario::commands![handler];
}
