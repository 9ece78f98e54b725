//! Writing to a connection that is gone raises no SIGPIPE, even where the host of mario does not ignore it. Alone in its
//! process, as the signal is for all of it.
#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mario::{Conn, Payload, Server, Service};
use signal_hook::consts::SIGPIPE;
use signal_hook::{flag, low_level};

struct Talkative;

impl Service for Talkative {
    type Session = ();
    type Worker = ();
}

const TALK: u16 = 0x0101;

/// Says more than a socket takes, so that some is queued.
#[mario::command(TALK)]
fn talk(conn: &mut Conn<'_, Talkative>) {
    for _ in 0..100 {
        if conn.send(TALK, &Payload(&[0; 60_000])).is_err() {
            return;
        }
    }
}

#[test]
fn who_goes_amid_of_an_answer_raises_no_signal() {
    let raised = Arc::new(AtomicBool::new(false));
    flag::register(SIGPIPE, Arc::clone(&raised)).unwrap();
    let server = Server::builder(Talkative, mario::commands![talk])
        .bind("127.0.0.1:0")
        .workers(1)
        .output_limit(32 << 20)
        .start()
        .unwrap();
    const CLIENTS: u64 = 50;
    for _ in 0..CLIENTS {
        let mut client = TcpStream::connect(server.local_addr()).unwrap();
        client.write_all(b"\xff\xff\xff\xff\x08\x00\x01\x01").unwrap();
        let mut some = [0; 1000];
        client.read_exact(&mut some).unwrap();
        // First it ends in order, then, as it has more to read, with a reset: in this order a write says `EPIPE`.
        client.shutdown(Shutdown::Write).unwrap();
        drop(client);
    }
    let end = Instant::now() + Duration::from_secs(20);
    while server.stats().open > 0 || server.stats().accepted < CLIENTS {
        assert!(Instant::now() < end, "connections stay open");
        thread::sleep(Duration::from_millis(1));
    }
    server.shutdown().unwrap();
    assert!(!raised.load(Ordering::SeqCst));

    // The test would have seen one.
    low_level::raise(SIGPIPE).unwrap();
    assert!(raised.load(Ordering::SeqCst));
}
