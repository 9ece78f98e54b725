//! What the whole-system tests share: a service that reports what happens to it, and a client that speaks raw bytes.

#![allow(dead_code, reason = "no test file uses all of it")]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use mario::metrics::Stats;
use mario::{
    Builder, Close, Commands, Conn, ConnId, Packet, Payload, Reason, Server, Service, Worker, commands,
};

/// No test waits longer than this for anything.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

pub(crate) const STX: u32 = 0xffff_ffff;

pub(crate) const ECHO: u16 = 0x0101;
pub(crate) const SUM: u16 = 0x0102;
pub(crate) const COUNT: u16 = 0x0103;
pub(crate) const CLOSE: u16 = 0x0104;
pub(crate) const FAIL: u16 = 0x0105;
pub(crate) const PANIC: u16 = 0x0106;
pub(crate) const FLOOD: u16 = 0x0107;
pub(crate) const SILENT: u16 = 0x0108;
pub(crate) const PUSH: u16 = 0x0109;
pub(crate) const PUSHED: u16 = 0x7777;

/// What happened to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Started(usize),
    Connected(ConnId, ThreadId),
    Handled(ConnId, ThreadId),
    Disconnected(ConnId, Reason),
    Ticked(usize),
}

/// A service that reports.
pub(crate) struct Probe(Sender<Event>);

impl Probe {
    pub(crate) fn new() -> (Probe, Receiver<Event>) {
        let (sender, receiver) = mpsc::channel();
        (Probe(sender), receiver)
    }

    fn report(&self, event: Event) {
        // A test that has seen enough does not listen any more.
        let _ = self.0.send(event);
    }
}

impl Service for Probe {
    type Session = u32;
    type Worker = u32;

    fn started(&self, worker: &mut Worker<'_, Self>) {
        self.report(Event::Started(worker.index()));
    }

    fn connected(&self, conn: &mut Conn<'_, Self>) {
        assert_eq!(*conn.session(), 0, "a session begins as its default");
        self.report(Event::Connected(conn.id(), thread::current().id()));
    }

    fn disconnected(&self, conn: &mut Conn<'_, Self>, reason: Reason) {
        self.report(Event::Disconnected(conn.id(), reason));
    }

    fn tick(&self, worker: &mut Worker<'_, Self>) {
        *worker.state() += 1;
        self.report(Event::Ticked(worker.index()));
    }
}

#[mario::command(ECHO)]
fn echo<'a>(conn: &mut Conn<'_, Probe>, request: Payload<'a>) -> Payload<'a> {
    conn.service().report(Event::Handled(conn.id(), thread::current().id()));
    request
}

#[derive(Packet)]
struct Summands {
    left: u32,
    right: u32,
}

#[derive(Packet)]
struct Sum {
    sum: u32,
}

#[mario::command(SUM)]
fn sum(_conn: &mut Conn<'_, Probe>, request: Summands) -> Sum {
    Sum { sum: request.left.wrapping_add(request.right) }
}

/// How many calls this connection has made.
#[mario::command(COUNT)]
fn count(conn: &mut Conn<'_, Probe>) -> Sum {
    *conn.session() += 1;
    Sum { sum: *conn.session() }
}

/// Closes, and returns a reply all the same.
#[mario::command(CLOSE)]
fn close(conn: &mut Conn<'_, Probe>) -> Sum {
    conn.close();
    Sum { sum: 0xdead }
}

#[mario::command(FAIL)]
fn fail(_conn: &mut Conn<'_, Probe>) -> Result<Sum, Close> {
    Err(Close)
}

#[mario::command(PANIC)]
fn panic(_conn: &mut Conn<'_, Probe>) {
    panic!("as the test asked for");
}

#[derive(Packet)]
struct Wanted {
    bytes: u16,
}

#[derive(Packet)]
struct Bytes {
    bytes: Vec<u8>,
}

/// Answers with as many bytes as are wanted.
#[mario::command(FLOOD)]
fn flood(_conn: &mut Conn<'_, Probe>, request: Wanted) -> Bytes {
    Bytes { bytes: vec![0x5a; request.bytes.into()] }
}

#[mario::command(SILENT)]
fn silent(_conn: &mut Conn<'_, Probe>) {}

/// Sends another command's packet, then replies twice.
#[mario::command(PUSH)]
fn push(conn: &mut Conn<'_, Probe>) -> Result<Option<Sum>, Close> {
    conn.send(PUSHED, &Sum { sum: 1 })?;
    conn.reply(&Sum { sum: 2 })?;
    Ok(Some(Sum { sum: 3 }))
}

pub(crate) const COMMANDS: Commands<Probe> =
    commands![echo, sum, count, close, fail, panic, flood, silent, push];

/// A running server, and what it reports.
pub(crate) struct Rig {
    pub(crate) server: Server,
    pub(crate) events: Receiver<Event>,
}

/// A server with one worker of 64 connections, but for what `settings` changes.
pub(crate) fn serve(settings: impl FnOnce(Builder<Probe>) -> Builder<Probe>) -> Rig {
    let (probe, events) = Probe::new();
    let builder = Server::builder(probe, COMMANDS).bind("127.0.0.1:0").workers(1).connections(64);
    Rig { server: settings(builder).start().expect("the server starts"), events }
}

impl Rig {
    pub(crate) fn addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.addr())
    }

    pub(crate) fn stats(&self) -> Stats {
        self.server.stats()
    }

    /// The next event for which `pick` has an answer; others are passed over.
    #[track_caller]
    pub(crate) fn event<T>(&self, what: &str, mut pick: impl FnMut(Event) -> Option<T>) -> T {
        let end = Instant::now() + LIMIT;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(event) => {
                    if let Some(picked) = pick(event) {
                        return picked;
                    }
                }
                Err(_) => panic!("no such event: {what}"),
            }
        }
    }

    /// Why the next connection ended.
    #[track_caller]
    pub(crate) fn reason(&self) -> Reason {
        self.event("disconnected", |event| match event {
            Event::Disconnected(_, reason) => Some(reason),
            _ => None,
        })
    }

    /// All events that there are and come until the server has shut down.
    pub(crate) fn finish(self) -> Vec<Event> {
        self.server.shutdown().expect("the server ends well");
        self.events.iter().collect()
    }
}

/// A client that sends and sees raw bytes.
pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) fn connect(addr: SocketAddr) -> Client {
        let stream = TcpStream::connect(addr).expect("the server accepts");
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.set_write_timeout(Some(LIMIT)).unwrap();
        stream.set_nodelay(true).unwrap();
        Client(stream)
    }

    #[track_caller]
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("the server takes bytes");
    }

    /// Sends `request` again and again until the way to the server is full; returns how many bytes it took. The
    /// last request may be a part of one: the next call goes on with it, given what was `sent` before.
    #[track_caller]
    pub(crate) fn fill(&mut self, request: &[u8], sent: usize) -> usize {
        let requests = request.repeat(1000);
        let mut total = sent;
        self.0.set_nonblocking(true).unwrap();
        let error = loop {
            match self.0.write(&requests[total % request.len()..]) {
                Ok(count) => total += count,
                Err(error) => break error.kind(),
            }
        };
        // The server may have closed it in the meantime.
        assert!(matches!(error, ErrorKind::WouldBlock | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe));
        self.0.set_nonblocking(false).unwrap();
        total
    }

    /// The next `count` bytes.
    #[track_caller]
    pub(crate) fn receive(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.read_exact(&mut bytes).expect("the server replies");
        bytes
    }

    /// Sends a request, and sees that its reply is `payload`.
    #[track_caller]
    pub(crate) fn call(&mut self, command: u16, request: &[u8], payload: &[u8]) {
        self.send(&frame(command, request));
        assert_eq!(self.receive(8 + payload.len()), frame(command, payload));
    }

    /// All bytes until the server closes; an orderly close, not a reset.
    #[track_caller]
    pub(crate) fn receive_all(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes).expect("the server closes in order");
        bytes
    }

    /// Waits until the server has closed, in order or with a reset.
    #[track_caller]
    pub(crate) fn closed(&mut self) {
        let mut buffer = [0; 4096];
        loop {
            match self.0.read(&mut buffer) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return,
                Err(error) => panic!("the server does not close: {error}"),
            }
        }
    }

    /// Ends the connection with a reset.
    pub(crate) fn reset(self) {
        socket2::SockRef::from(&self.0).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

/// A frame with the default token, written by hand.
pub(crate) fn frame(command: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = STX.to_le_bytes().to_vec();
    frame.extend(u16::try_from(8 + payload.len()).unwrap().to_le_bytes());
    frame.extend(command.to_le_bytes());
    frame.extend(payload);
    frame
}

/// Waits until `condition` holds.
#[track_caller]
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + LIMIT;
    while !condition() {
        assert!(Instant::now() < end, "it never came: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// What a process ends with, once it has.
#[track_caller]
pub(crate) fn exit_of(child: &mut Child) -> ExitStatus {
    let mut status = None;
    eventually("it exits", || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    status.unwrap()
}
