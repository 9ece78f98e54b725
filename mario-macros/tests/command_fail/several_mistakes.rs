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

#[mario::command(0xffff)]
async fn handler<T>(_conn: &mut Conn<'_, Greeter>, number: Number, _more: T) -> Number {
    number
}

fn main() {
    const _: mario::Commands<Greeter> = mario::commands![handler];
}
