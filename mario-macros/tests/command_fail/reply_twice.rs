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

#[mario::command(1)]
fn handler(_conn: &mut Conn<'_, Greeter>, request: Number, reply: Reply<Number>) {
    let _ = reply.send(Number { value: request.value });
    let _ = reply.send(Number { value: request.value });
}

fn main() {
    const _: mario::Commands<Greeter> = mario::commands![handler];
}
