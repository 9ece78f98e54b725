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

#[mario::command(0x0602)]
fn handler(_conn: &mut Conn<'_, Greeter>, number: Number) -> Number {
    number
}

#[mario::command(0x0602)]
fn second(_conn: &mut Conn<'_, Greeter>) {}

fn main() {
    let _ = mario::commands![handler, second];
}
