#![allow(unused_imports)]

use mario::{Conn, Packet, Service};

struct Greeter;

impl Service for Greeter {
    type Session = ();
    type Worker = ();
}

#[derive(Packet)]
#[mario(command = 0x0602, reply = Hello)]
struct SayHello<'a> {
    name: &'a str,
}

#[derive(Packet)]
struct Hello {
    greeting: String,
}

#[mario::command]
fn handler<'a>(_conn: &mut Conn<'_, Greeter>, request: SayHello<'a>) -> SayHello<'a> {
    request
}

fn main() {
    const _: mario::Commands<Greeter> = mario::commands![handler];
}
