#![allow(unused_imports)]

use mario::{Conn, Packet, Service};

struct Greeter;

impl Service for Greeter {
    type Session = ();
    type Worker = ();
}

#[mario::command(guard = allowed)]
fn handler(_conn: &mut Conn<'_, Greeter>) {}

#[allow(dead_code)]
fn allowed(_conn: &mut Conn<'_, Greeter>) -> bool {
    true
}

fn main() {
    const _: mario::Commands<Greeter> = mario::commands![handler];
}
