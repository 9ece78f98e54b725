//! A server that lets its connections go one after another.

mod support;

use std::net::TcpStream;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use mario::{Accept, Builder, Conn, Error, Payload, Reason, Server, Service};
use support::{Client, LIMIT, eventually, frame};

const ECHO: u16 = 0x0101;
const GO_AWAY: u16 = 0x0102;

/// So long that a drain over it never ends in a test, unless something else ends it.
const NEVER: Duration = Duration::from_secs(86_400);

/// Tells connections to go, gives each so much notice, and reports why they end.
struct Polite {
    notice: Duration,
    ends: Sender<Reason>,
}

impl Service for Polite {
    type Session = ();
    type Worker = ();

    fn draining(&self, conn: &mut Conn<'_, Self>) -> Duration {
        conn.send(GO_AWAY, &Payload(b"")).unwrap();
        self.notice
    }

    fn disconnected(&self, _conn: &mut Conn<'_, Self>, reason: Reason) {
        let _ = self.ends.send(reason);
    }
}

#[mario::command(ECHO)]
fn echo<'a>(_conn: &mut Conn<'_, Polite>, request: Payload<'a>) -> Payload<'a> {
    request
}

fn serve(
    notice: Duration,
    settings: impl FnOnce(Builder<Polite>) -> Builder<Polite>,
) -> (Server, Receiver<Reason>) {
    let (ends, reasons) = mpsc::channel();
    let builder = Server::builder(Polite { notice, ends }, mario::commands![echo])
        .bind("127.0.0.1:0")
        .workers(2)
        .connections(64)
        .shutdown_timeout(LIMIT);
    (settings(builder).start().unwrap(), reasons)
}

/// Clients whose connections have their slots.
fn clients(server: &Server, count: usize) -> Vec<Client> {
    let mut clients: Vec<Client> = (0..count).map(|_| Client::connect(server.local_addr())).collect();
    for client in &mut clients {
        client.call(ECHO, b"hello", b"hello");
    }
    clients
}

fn nobody_listens(server: &Server) {
    let addr = server.local_addr();
    eventually("nobody listens any more", || TcpStream::connect(addr).is_err());
}

#[test]
fn who_waits_is_served_while_nobody_new_is() {
    let (server, reasons) = serve(Duration::ZERO, |builder| builder.drain(NEVER));
    let mut clients = clients(&server, 4);
    server.handle().shutdown();
    nobody_listens(&server);
    for client in &mut clients {
        client.call(ECHO, b"still here?", b"still here?");
    }
    // The server ends once the last has left by itself.
    drop(clients);
    server.join().unwrap();
    assert!(reasons.iter().all(|reason| reason == Reason::Closed));
}

#[test]
fn each_is_told_and_closed_in_its_turn() {
    let (server, reasons) = serve(Duration::ZERO, |builder| builder.drain(Duration::from_millis(200)));
    let mut clients = clients(&server, 10);
    server.shutdown().unwrap();
    for client in &mut clients {
        assert_eq!(client.receive_all(), frame(GO_AWAY, &[]));
    }
    assert_eq!(reasons.iter().collect::<Vec<_>>(), [Reason::ShutDown; 10]);
}

#[test]
fn a_notice_is_time_to_finish() {
    let (server, reasons) = serve(NEVER, |builder| builder.drain(Duration::from_millis(1)));
    let mut clients = clients(&server, 4);
    server.handle().shutdown();
    for client in &mut clients {
        assert_eq!(client.receive(8), frame(GO_AWAY, &[]));
        client.call(ECHO, b"the rest", b"the rest");
    }
    drop(clients);
    server.join().unwrap();
    assert_eq!(reasons.iter().collect::<Vec<_>>(), [Reason::Closed; 4]);
}

/// Who accepts, where the system can do it.
fn modes() -> impl Iterator<Item = Accept> {
    [Accept::Master, Accept::PerWorker]
        .into_iter()
        .filter(|accept| cfg!(target_os = "linux") || *accept == Accept::Master)
}

#[test]
fn it_can_be_cut_short() {
    for accept in modes() {
        let (server, reasons) = serve(Duration::ZERO, |builder| builder.drain(NEVER).accept(accept));
        let mut clients = clients(&server, 4);
        let handle = server.handle();
        handle.shutdown();
        nobody_listens(&server);
        clients[0].call(ECHO, b"still here?", b"still here?");
        handle.shutdown_now();
        server.join().unwrap();
        for client in &mut clients {
            assert_eq!(client.receive_all(), []);
        }
        assert_eq!(reasons.iter().filter(|reason| *reason == Reason::ShutDown).count(), 4);
    }
}

#[test]
fn it_can_be_left_out() {
    for accept in modes() {
        let (server, reasons) = serve(NEVER, |builder| builder.drain(NEVER).accept(accept));
        let mut clients = clients(&server, 4);
        server.handle().shutdown_now();
        server.join().unwrap();
        for client in &mut clients {
            assert_eq!(client.receive_all(), [], "nobody is told");
        }
        assert_eq!(reasons.iter().collect::<Vec<_>>(), [Reason::ShutDown; 4]);
    }
}

/// Neither a second order cuts it short, nor dropping the server, which waits for it.
#[test]
fn who_asks_for_a_shutdown_again_changes_nothing() {
    let (server, reasons) = serve(Duration::ZERO, |builder| builder.drain(NEVER));
    let mut clients = clients(&server, 2);
    for _ in 0..2 {
        server.handle().shutdown();
        nobody_listens(&server);
    }
    let dropped = thread::spawn(move || drop(server));
    for client in &mut clients {
        client.call(ECHO, b"still here?", b"still here?");
    }
    drop(clients);
    eventually("the server ends", || dropped.is_finished());
    assert!(reasons.iter().all(|reason| reason == Reason::Closed));
}

/// Says more at the end than any socket takes.
struct Talkative;

impl Service for Talkative {
    type Session = ();
    type Worker = ();

    fn draining(&self, conn: &mut Conn<'_, Self>) -> Duration {
        for _ in 0..100 {
            conn.send(GO_AWAY, &Payload(&[0; 60_000])).unwrap();
        }
        Duration::ZERO
    }
}

#[test]
fn who_does_not_read_in_time_is_told_of() {
    let server = Server::builder(Talkative, mario::commands![])
        .bind("127.0.0.1:0")
        .heartbeat(1)
        .drain(Duration::from_millis(50))
        // As long as a busy machine may take for the hook.
        .shutdown_timeout(Duration::from_secs(1))
        .output_limit(16 << 20)
        .start()
        .unwrap();
    let mut client = Client::connect(server.local_addr());
    client.call(1, b"beat", b"beat");
    let error = server.shutdown().unwrap_err();
    assert!(matches!(error, Error::Unflushed { connections: 1 }), "{error}");
    assert!(error.to_string().contains("1 connections were closed before all was sent"), "{error}");
}

/// Panics when it is to say good-bye.
struct Rude;

impl Service for Rude {
    type Session = ();
    type Worker = ();

    fn draining(&self, _conn: &mut Conn<'_, Self>) -> Duration {
        panic!("in the draining hook");
    }
}

#[test]
fn a_panic_of_the_hook_costs_its_own_connection_alone() {
    let server = Server::builder(Rude, mario::commands![])
        .bind("127.0.0.1:0")
        .heartbeat(1)
        .drain(Duration::from_millis(20))
        .start()
        .unwrap();
    let mut clients: Vec<Client> = (0..3).map(|_| Client::connect(server.local_addr())).collect();
    for client in &mut clients {
        client.call(1, b"beat", b"beat");
    }
    let handle = server.handle();
    server.shutdown().unwrap();
    assert_eq!(handle.stats().panics, 3);
    for client in &mut clients {
        assert_eq!(client.receive_all(), []);
    }
}
