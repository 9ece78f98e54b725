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

mod chat {
    #[mario::command(2)]
    fn say(_conn: &mut mario::Conn<'_, super::Greeter>) {}
}

fn main() {
    let _ = mario::commands![handler, handlr, chat::sya, chat::say];
}
