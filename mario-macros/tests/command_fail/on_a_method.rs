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

impl Greeter {
    #[mario::command(1)]
    fn handler(&self, number: Number) -> Number {
        number
    }
}

fn main() {}
