//! Calls that are typed by their request.

use std::time::Duration;

use mario::client::Error;
use mario::{Conn, Packet, Reply, Request, Server, Service};

use crate::Client;

struct Mottos;

impl Service for Mottos {
    type Session = Knows;
    type Worker = ();
}

/// Whether the connection has learned the motto.
type Knows = bool;

const MOTTO: &str = "let's go";

#[derive(Packet)]
#[mario(command = 0x0101, reply = Learned)]
struct Learn<'a> {
    motto: &'a str,
}

#[derive(Packet)]
struct Learned {
    bytes: u16,
}

#[derive(Packet)]
#[mario(command = 0x0102, reply = Motto<'_>)]
struct Recite;

#[derive(Debug, PartialEq, Packet)]
struct Motto<'a> {
    text: &'a str,
}

#[derive(Packet)]
#[mario(command = 0x0103)]
struct Forget;

#[derive(Packet)]
#[mario(command = 0x0104, reply = Product)]
struct Multiply {
    #[mario(correlation)]
    number: u32,
    factors: [u32; 2],
}

#[derive(Packet)]
struct Product {
    #[mario(correlation)]
    number: u32,
    value: u32,
}

#[mario::command]
fn learn(conn: &mut Conn<'_, Mottos>, request: Learn<'_>) -> Learned {
    *conn.session() = request.motto == MOTTO;
    Learned { bytes: request.motto.len() as u16 }
}

#[mario::command]
fn recite(conn: &mut Conn<'_, Mottos>, _: Recite) -> Option<Motto<'static>> {
    conn.session().then_some(Motto { text: MOTTO })
}

#[mario::command]
fn forget(conn: &mut Conn<'_, Mottos>, _: Forget) {
    *conn.session() = false;
}

#[mario::command]
fn multiply(_conn: &mut Conn<'_, Mottos>, request: Multiply, later: Reply<Product>) {
    let [one, other] = request.factors;
    let _ = later.send(Product { number: 0, value: one * other });
}

fn serve() -> (Server, Client) {
    let commands = mario::commands![learn, recite, forget, multiply];
    let server = Server::builder(Mottos, commands).bind("127.0.0.1:0").workers(1).start().unwrap();
    let client = Client::connect(server.local_addr()).unwrap();
    (server, client)
}

#[test]
fn a_request_knows_its_command_and_reply() {
    let (_server, client) = serve();
    assert_eq!(client.request(Learn { motto: MOTTO }).unwrap().bytes, 8);
    let reply = client.request_frame(Recite).unwrap();
    assert_eq!(reply.decode::<Motto<'_>>().unwrap(), Motto { text: MOTTO });
}

#[test]
fn a_request_without_reply_is_sent() {
    let (_server, client) = serve();
    client.request(Learn { motto: MOTTO }).unwrap();
    client.send(Forget::COMMAND, &Forget).unwrap();
    let hasty = client.with_call_timeout(Duration::from_millis(50));
    assert!(matches!(hasty.request_frame(Recite), Err(Error::TimedOut { command: Recite::COMMAND, .. })));
}

#[test]
fn a_request_answered_later_is_matched_by_its_correlation() {
    let (_server, client) = serve();
    let product = client.request(Multiply { number: 7, factors: [6, 7] }).unwrap();
    assert_eq!(product.value, 42);
    assert_ne!(product.number, 7, "the client's own number came back");
}
