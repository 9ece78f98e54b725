//! A connection over a scripted stream: whatever the pieces in which bytes come and go, the replies are the same.

use std::cell::RefMut;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use mario_proto::{Payload, frame_to_vec};
use proptest::prelude::*;

use super::turn::FIRST_READ;
use super::*;
use crate::link::Link;
use crate::mail::Room;
use crate::mail::connections::Connections;
use crate::mail::users::Bound;
use crate::net::Ready;
use crate::net::sim::{Peer, SimStream};
use crate::parts::slots::Key;
use crate::reason::Reason;
use crate::service::conn::Conn;

const STX: u32 = 0xffff_ffff;
const ECHO: u16 = 0x0101;
const TWICE: u16 = 0x0102;
const FLOOD: u16 = 0x0103;

#[derive(Default)]
struct Log {
    ended: AtomicUsize,
    reason: std::sync::Mutex<Option<Reason>>,
}

impl Service for Log {
    type Session = ();
    type Worker = ();

    fn disconnected(&self, conn: &mut Conn<'_, Self>, reason: Reason) {
        self.ended.fetch_add(1, Relaxed);
        *self.reason.lock().unwrap() = Some(reason);
        assert!(conn.send(ECHO, &Payload(b"too late")).is_err());
    }
}

#[mario::command(ECHO)]
fn echo<'a>(_conn: &mut Conn<'_, Log>, request: Payload<'a>) -> Payload<'a> {
    request
}

/// Replies before it replies.
#[mario::command(TWICE)]
fn twice<'a>(conn: &mut Conn<'_, Log>, request: Payload<'a>) -> Payload<'a> {
    conn.reply(&request).expect("there is room");
    request
}

/// Replies with more than the out buffer takes.
#[mario::command(FLOOD)]
fn flood(conn: &mut Conn<'_, Log>) {
    for number in 0..3 {
        conn.reply(&Payload(&[number; 20_000])).expect("there is room");
    }
}

struct Rig {
    exchange: Exchange<Log>,
    connection: Connection<Log, SimStream>,
    log: Arc<Log>,
}

const KEY: Key = Key { index: 0, generation: 0 };

impl Rig {
    fn new(marks: Marks) -> Rig {
        let log = Arc::new(Log::default());
        let rules = Rules {
            stx: STX,
            max_packet: 1500,
            heartbeat: None,
            marks,
            input_pool: 256 << 10,
            output_pool: marks.limit,
            keeping: Keeping { each: 1, bytes: 1 << 10 },
            slots: 1,
            census: None,
            limits: Limits::default(),
            time_commands: false,
        };
        let commands = mario::commands![echo, flood, twice];
        let mail = Arc::new(Mail::new(Room { slots: 1, letters: 1, answers: 1 }));
        let (timers, groups) = (Timers::new(0, 1).unwrap(), Groups::new(0, 1).unwrap());
        let connections = Connections::new::<Log, std::thread::Thread>(STX, &[]);
        let locals = Locals::new(timers, groups, Bound::new(1).unwrap(), connections, 0, Arc::default());
        let mut exchange =
            Exchange::new(Arc::clone(&log), commands, &rules, locals, (Arc::default(), mail)).unwrap();
        let link = Link::new(ConnId::new(0, KEY), ([127, 0, 0, 1], 1).into());
        let mut connection = Connection::new(SimStream::default(), link, ());
        exchange.connect(&mut connection);
        Rig { exchange, connection, log }
    }

    fn peer(&mut self) -> RefMut<'_, Peer> {
        self.connection.stream.0.borrow_mut()
    }

    fn event(&mut self, readable: bool, writable: bool) {
        let read_closed = self.peer().end;
        let mut ready = Ready { key: KEY, readable, writable, read_closed };
        while self.exchange.turn(&mut self.connection, ready).again {
            ready = Ready { key: KEY, readable: true, writable: false, read_closed: true };
        }
    }

    fn reason(&self) -> Option<Reason> {
        *self.log.reason.lock().unwrap()
    }
}

fn marks(limit: usize) -> Marks {
    Marks { low_water: limit / 16, high_water: limit / 4, limit }
}

fn frame(command: u16, payload: &[u8]) -> Vec<u8> {
    frame_to_vec(STX, command, &Payload(payload)).unwrap()
}

/// Requests, and the bytes of all replies.
fn requests() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..1400)), 0..60).prop_map(
        |requests| {
            let (mut sent, mut expected) = (Vec::new(), Vec::new());
            for (two, payload) in requests {
                let frame = frame(if two { TWICE } else { ECHO }, &payload);
                expected.extend(frame.repeat(if two { 2 } else { 1 }));
                sent.extend(frame);
            }
            (sent, expected)
        },
    )
}

proptest! {
    /// Any pieces, any room, interrupted calls: all replies, in order, once; and nothing is left behind.
    #[test]
    fn replies_do_not_depend_on_the_pieces(
        (sent, expected) in requests(),
        cuts in prop::collection::vec(1..4000usize, 1..40),
        rooms in prop::collection::vec(0..9000usize, 1..40),
    ) {
        let mut rig = Rig::new(marks(256 << 10));
        let mut rest = &sent[..];
        let mut cuts = cuts.into_iter().cycle();
        let mut rooms = rooms.into_iter().chain([100_000]).cycle();
        while !rest.is_empty() || rig.connection.link.phase() != Phase::Gone {
            let (piece, later) = rest.split_at(cuts.next().unwrap().min(rest.len()));
            rest = later;
            if !piece.is_empty() {
                rig.peer().sent.extend([Err(ErrorKind::Interrupted), Ok(piece.to_vec())]);
            }
            rig.peer().end = rest.is_empty();
            rig.event(true, false);
            rig.peer().room = rooms.next().unwrap();
            rig.event(false, true);
        }
        prop_assert!(rig.peer().received == expected);
        prop_assert_eq!(rig.reason(), Some(Reason::Closed));
        prop_assert_eq!(rig.log.ended.load(Relaxed), 1);
        prop_assert!(rig.connection.link.input.is_empty() && rig.connection.link.output.is_empty());
    }

    /// Arbitrary bytes in arbitrary pieces end a connection at most, and what was whole before is answered.
    #[test]
    fn arbitrary_bytes_do_no_harm(
        (sent, expected) in requests(),
        noise in prop::collection::vec(any::<u8>(), 8..200),
        cut in 1..3000usize,
    ) {
        let mut rig = Rig::new(marks(1 << 20));
        rig.peer().room = usize::MAX;
        let is_frame = noise.starts_with(&STX.to_le_bytes());
        for piece in [sent, noise].concat().chunks(cut) {
            rig.peer().sent.push_back(Ok(piece.to_vec()));
            rig.event(true, true);
        }
        prop_assert!(rig.peer().received.starts_with(&expected));
        prop_assert!(is_frame || matches!(rig.reason(), Some(Reason::Protocol(_))));
    }

    /// Output that waits never passes the limit; above the high-water mark no further request is handled.
    #[test]
    fn what_waits_is_bounded((sent, expected) in requests(), cut in 1..3000usize) {
        let marks = Marks { low_water: 1 << 10, high_water: 4 << 10, limit: (4 << 10) + Outbox::CAPACITY };
        let mut rig = Rig::new(marks);
        for piece in sent.chunks(cut) {
            rig.peer().sent.push_back(Ok(piece.to_vec()));
            rig.event(true, false);
            let link = &rig.connection.link;
            prop_assert!(link.output.len() <= marks.high_water.max(Outbox::CAPACITY) + 3000);
            prop_assert_eq!(link.is_paused(), link.output.len() > marks.high_water);
        }
        while rig.peer().received.len() < expected.len() {
            rig.peer().room = 5000;
            rig.event(false, true);
        }
        prop_assert!(rig.peer().received == expected);
        prop_assert_eq!(rig.reason(), None);
    }
}

#[test]
fn a_broken_socket_ends_once_with_its_error() {
    let mut rig = Rig::new(marks(64 << 10));
    rig.peer().broken = Some(ErrorKind::BrokenPipe);
    rig.peer().sent.push_back(Ok(frame(ECHO, b"hello")));
    rig.event(true, true);
    rig.event(true, true);
    assert_eq!(rig.reason(), Some(Reason::Error(ErrorKind::BrokenPipe)));
    assert_eq!(rig.log.ended.load(Relaxed), 1);
    assert_eq!(rig.connection.link.phase(), Phase::Gone);
}

#[test]
fn a_peer_that_goes_on_sending_is_heard_out_and_not_answered() {
    let mut rig = Rig::new(marks(64 << 10));
    rig.peer().room = usize::MAX;
    // As much as one read takes, so that more may follow, and a header that ends the connection.
    let mut noise = frame(ECHO, b"answered");
    noise.resize(READ_BUFFER, 0);
    rig.peer().sent.push_back(Ok(noise));
    rig.event(true, false);
    assert_eq!(rig.connection.link.phase(), Phase::Lingering);
    rig.peer().sent.push_back(Ok(frame(ECHO, b"not answered")));
    rig.event(true, false);
    assert_eq!(rig.connection.link.phase(), Phase::Lingering);
    rig.peer().end = true;
    rig.event(true, false);
    assert_eq!(rig.connection.link.phase(), Phase::Gone);
    assert_eq!(rig.peer().received, frame(ECHO, b"answered"));
}

#[test]
fn output_over_the_limit_ends_the_connection() {
    let mut rig = Rig::new(Marks { low_water: 1 << 10, high_water: 2 << 10, limit: 3 << 10 });
    rig.peer().sent.push_back(Ok(frame(ECHO, &[0; 1000])));
    rig.event(true, false);
    assert_eq!(rig.reason(), None);
    rig.peer().sent.push_back(Ok(frame(TWICE, &[0; 1400])));
    rig.event(true, false);
    assert_eq!(rig.reason(), Some(Reason::Overflow));
    assert_eq!(rig.connection.link.phase(), Phase::Gone);
    assert!(rig.connection.link.output.is_empty());
}

#[test]
fn replies_that_the_buffer_does_not_hold_leave_without_an_event() {
    let mut rig = Rig::new(marks(1 << 20));
    rig.peer().room = usize::MAX;
    rig.peer().sent.push_back(Ok(frame(FLOOD, b"")));
    rig.event(true, false);
    let expected: Vec<u8> = (0..3).flat_map(|number| frame(FLOOD, &[number; 20_000])).collect();
    assert!(rig.peer().received == expected);
    assert!(!rig.connection.link.is_paused());
}

#[test]
fn an_event_that_flushes_the_last_and_tells_of_input_does_not_close_on_it() {
    let mut rig = Rig::new(marks(1 << 20));
    rig.peer().room = 5;
    rig.peer().sent.push_back(Ok(frame(ECHO, b"hello")));
    rig.event(true, false);
    rig.exchange.end(&mut rig.connection, Reason::ShutDown);
    assert_eq!(rig.connection.link.phase(), Phase::Flushing);
    rig.peer().room = usize::MAX;
    rig.peer().sent.push_back(Ok(frame(ECHO, b"are you there?")));
    rig.event(true, true);
    assert_eq!((rig.connection.link.phase(), rig.peer().shut), (Phase::Lingering, true));
    assert_eq!(rig.peer().received, frame(ECHO, b"hello"));
}

#[test]
fn little_waits_here_of_a_peer_that_does_not_read() {
    let mut rig = Rig::new(marks(1 << 20));
    rig.peer().sent.push_back(Ok(frame(FLOOD, b"").repeat(10_000)));
    rig.event(true, false);
    assert!(rig.connection.link.is_paused());
    assert!(rig.connection.link.input.len() < FIRST_READ, "{}", rig.connection.link.input.len());
    assert!(rig.exchange.counters.bytes.get() <= FIRST_READ as u64);
}

#[test]
fn more_and_more_is_read_at_once_of_a_peer_that_sends_much_and_reads() {
    let mut rig = Rig::new(marks(1 << 20));
    rig.peer().room = usize::MAX;
    let requests = frame(ECHO, &[0; 100]).repeat(10_000);
    rig.peer().sent.push_back(Ok(requests.clone()));
    let mut ready = Ready { key: KEY, readable: true, writable: false, read_closed: false };
    let mut sizes = Vec::new();
    while sizes.iter().sum::<u64>() < requests.len() as u64 {
        let before = rig.exchange.counters.bytes.get();
        rig.exchange.turn(&mut rig.connection, ready);
        sizes.push(rig.exchange.counters.bytes.get() - before);
        ready.read_closed = true;
    }
    assert_eq!(sizes[..7], [2048, 4096, 8192, 16_384, 32_768, 65_536, 65_536]);
    assert!(rig.peer().received == requests);

    // Once it does not read, its requests wait outside again.
    rig.peer().room = 0;
    rig.peer().sent.push_back(Ok(frame(FLOOD, b"").repeat(20_000)));
    rig.event(true, false);
    assert_eq!((rig.connection.link.is_paused(), rig.connection.link.reach), (true, 0));
}
