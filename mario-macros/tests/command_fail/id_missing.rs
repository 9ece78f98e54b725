#![allow(unused_imports)]

use mario::{Conn, Packet, Service};

struct Greeter;

impl Service for Greeter {
    type Session = ();
    type Worker = ();
}

#[mario::command]
fn handler(_conn: &mut Conn<'_, Greeter>) {}

fn main() {
    const _: mario::Commands<Greeter> = mario::commands![handler];
}
