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

#[mario::command(1, gaurd = allowed)]
fn handler(_conn: &mut Conn<'_, Greeter>, number: Number) -> Number {
    number
}

#[allow(dead_code)]
fn allowed(_conn: &mut Conn<'_, Greeter>) -> bool {
    true
}

fn main() {
    const _: mario::Commands<Greeter> = mario::commands![handler];
}
