//! A server made by hand, and what the tests send to it.

use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use mario::Packet;
use mario::client::{Error, Result};

use crate::Client;
use crate::support::{Client as Peer, LIMIT, frame};

pub(crate) const ASK: u16 = 0x0301;

#[derive(Debug, PartialEq, Packet)]
pub(crate) struct Number(pub(crate) u32);

#[derive(Packet)]
pub(crate) struct Summands {
    pub(crate) left: u32,
    pub(crate) right: u32,
}

/// A question or an answer with a number to match them by.
#[derive(Debug, PartialEq, Packet)]
pub(crate) struct Numbered {
    text: String,
    #[mario(correlation)]
    number: u16,
    pub(crate) value: u32,
}

impl Numbered {
    pub(crate) fn new(value: u32) -> Numbered {
        Numbered { text: "who cares".to_owned(), number: 0, value }
    }
}

/// The bytes of a `Numbered` in a frame.
pub(crate) const NUMBERED: usize = 8 + 2 + 9 + 2 + 4;

/// A server made by hand: it does what a test tells it with the one connection that it takes.
pub(crate) struct Fake {
    pub(crate) addr: SocketAddr,
    thread: JoinHandle<()>,
}

impl Fake {
    pub(crate) fn new(script: impl FnOnce(&mut Peer) + Send + 'static) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        Fake { addr, thread: thread::spawn(move || script(&mut accept(&listener))) }
    }

    pub(crate) fn client(&self) -> Client {
        Client::builder(self.addr).call_timeout(LIMIT).connect().expect("the fake takes it")
    }

    /// Waits for the end of the script, which then went as it should.
    #[track_caller]
    pub(crate) fn done(self) {
        self.thread.join().expect("the fake sees what it should");
    }
}

pub(crate) fn accept(listener: &TcpListener) -> Peer {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    Peer(stream)
}

pub(crate) fn number(value: u32) -> Vec<u8> {
    frame(ASK, &value.to_le_bytes())
}

pub(crate) fn ask(client: &Client, value: u32) -> Result<u32> {
    client.call(ASK, Number(value)).map(|Number(value)| value)
}

#[track_caller]
pub(crate) fn says(error: &Error, texts: &[&str]) {
    for text in texts {
        assert!(error.to_string().contains(text), "`{error}` does not say `{text}`");
    }
}
