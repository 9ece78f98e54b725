#![allow(unused_imports)]

use mario::{Conn, Packet, Service};

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
fn handler(_conn: &mut Conn<'_, Greeter>, number: Number) -> Number {
    number
}

struct Other;

impl Service for Other {
    type Session = ();
    type Worker = ();
}

fn main() {
    const _: mario::Commands<Other> = mario::commands![handler];
}
