#![allow(unused_imports)]

use mario::{Conn, Packet, Service};

struct Greeter;

impl Service for Greeter {
    type Session = ();
    type Worker = ();
}

#[derive(Packet)]
#[mario(command = 0x0602, reply = Motto<'_>)]
struct GetMotto;

#[derive(Packet)]
struct Motto<'a> {
    text: &'a str,
}

#[derive(Packet)]
#[mario(command = 0x0603)]
struct Forget;

fn main() {
    let client = mario::client::Client::connect("127.0.0.1:8082").unwrap();
    let motto = client.request(GetMotto);
    let nothing = client.request(Forget);
}
