//! What a server takes of memory is what its settings say, whatever its clients do: counted, alone in its process.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mario::memory::{Extent, Memory};
use mario::{
    Accept, Close, Conn, Others, Overflow, Packet, Payload, PushError, Rate, Reply, Server, Service,
};
use support::{STX, eventually, frame};

/// Counts the memory that the whole process has.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn grow(bytes: usize) {
    PEAK.fetch_max(NOW.fetch_add(bytes, SeqCst) + bytes, SeqCst);
}

// SAFETY: each call is passed on unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), SeqCst);
        // SAFETY: the pointer came from `System`, as all are passed on to it.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // While the bytes are copied there are both.
        grow(size);
        NOW.fetch_sub(layout.size(), SeqCst);
        // SAFETY: the pointer came from `System`, and the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One test at a time, as they are counted together.
static TURN: Mutex<()> = Mutex::new(());

const LOG_IN: u16 = 0x0001;
const FLOOD: u16 = 0x0002;
const LATER: u16 = 0x0003;
const HOLD: u16 = 0x0004;

#[derive(Clone, Default)]
struct Hall(Arc<Ward>);

/// What a test does for handlers.
#[derive(Default)]
struct Ward {
    /// Answers that they left to it.
    owed: Mutex<Vec<Reply<Payload<'static>>>>,
    /// What it holds one up by.
    gate: Mutex<()>,
    is_held_up: AtomicBool,
}

impl Service for Hall {
    type Session = [u64; 8];
    type Worker = ();
}

/// Each is a user of its own, in a group of its own.
#[mario::command(LOG_IN)]
fn log_in(conn: &mut Conn<'_, Hall>, number: Number) -> Result<Number, Close> {
    conn.bind(number.number, Others::Kick)?;
    for group in 0..GROUPS {
        conn.join(number.number * GROUPS + group)?;
    }
    Ok(number)
}

#[derive(Packet)]
struct Number {
    number: u64,
}

#[mario::command(FLOOD)]
fn flood(_conn: &mut Conn<'_, Hall>) -> Payload<'static> {
    Payload(&[0; 60_000])
}

/// Leaves its answer to the test.
#[mario::command(LATER)]
fn later(conn: &mut Conn<'_, Hall>, reply: Reply<Payload<'static>>) {
    conn.service().0.owed.lock().unwrap().push(reply);
}

/// Takes as long as the test wants.
#[mario::command(HOLD)]
fn hold(conn: &mut Conn<'_, Hall>) {
    let ward = &conn.service().0;
    ward.is_held_up.store(true, SeqCst);
    drop(ward.gate.lock());
}

const CONNECTIONS: usize = 300;

/// As many as there are memberships for each connection.
const GROUPS: u64 = 4;

fn server() -> mario::Builder<Hall> {
    server_of(Hall::default())
}

fn server_of(hall: Hall) -> mario::Builder<Hall> {
    Server::builder(hall, mario::commands![log_in, flood, later, hold])
        .bind("127.0.0.1:0")
        .workers(2)
        .connections(CONNECTIONS)
        .input_pool(256 << 10)
        .water_marks(64 << 10, 512 << 10)
        .output_pool(8 << 20)
        .kept_pushes(8, 1 << 20)
        .mailbox(16)
        .deferred(16)
        .time_commands()
}

/// A server, and what the process had before it.
struct Watched {
    server: Server,
    memory: Memory,
    before: usize,
}

impl Watched {
    fn start(builder: mario::Builder<Hall>) -> Watched {
        let memory = builder.memory().unwrap();
        let before = NOW.load(SeqCst);
        PEAK.store(before, SeqCst);
        Watched { server: builder.start().unwrap(), memory, before }
    }

    /// What the server has now, and had at most.
    fn takes(&self) -> (usize, usize) {
        (NOW.load(SeqCst) - self.before, PEAK.load(SeqCst) - self.before)
    }

    #[track_caller]
    fn holds(&self, what: &str) {
        let Extent { at_start, at_most, .. } = self.memory.total();
        let (now, peak) = self.takes();
        // What the service makes is beside it.
        let at_most = at_most + self.memory.workers * self.memory.worker.frames.at_most;
        assert!(peak <= at_most, "{what}: {peak} bytes, not {at_most}:\n{}", self.memory);
        assert!(now >= at_start / 10 * 9, "{what}: {now} bytes, and said was {at_start}:\n{}", self.memory);
    }
}

/// Clients whose memory is there before the server's is counted.
struct Clients(Vec<TcpStream>);

impl Clients {
    fn new() -> Clients {
        Clients(Vec::with_capacity(2 * CONNECTIONS))
    }

    fn connect(&mut self, server: &Server, count: usize) {
        let addr = server.local_addr();
        for _ in 0..count {
            let stream = TcpStream::connect(addr).unwrap();
            stream.set_nonblocking(true).unwrap();
            self.0.push(stream);
        }
    }

    /// Each sends as much of `bytes`, again and again, as the way to the server takes.
    fn fill(&mut self, bytes: &[u8]) {
        for stream in &mut self.0 {
            while stream.write(bytes).is_ok() {}
        }
    }

    /// Each sends the first `count` bytes of a login.
    fn log_in(&mut self, first: usize, count: usize) {
        for (number, stream) in self.0.iter_mut().enumerate() {
            // The server may have closed it.
            let _ = stream.write_all(&login(first + number)[..count]);
        }
    }

    /// Each sends a frame without a payload.
    fn ask(&mut self, command: u16) {
        self.0.iter_mut().for_each(|stream| stream.write_all(&frame(command, b"")).unwrap());
    }

    /// Waits until each has an answer to its login.
    fn receive(&mut self) {
        for stream in &mut self.0 {
            let mut reply = [0; 16];
            eventually("a reply", || match stream.read(&mut reply) {
                Ok(count) => count == 16,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock);
                    false
                }
            });
        }
    }
}

fn login(number: usize) -> [u8; 16] {
    let mut frame = [0; 16];
    frame[..4].copy_from_slice(&STX.to_le_bytes());
    frame[4..8].copy_from_slice(&[16, 0, 1, 0]);
    frame[8..].copy_from_slice(&(number as u64).to_le_bytes());
    frame
}

#[test]
fn what_is_laid_out_at_the_start_is_what_was_said() {
    let _turn = TURN.lock();
    type Set = fn(mario::Builder<Hall>) -> mario::Builder<Hall>;
    let settings: [Set; 6] = [
        |builder| builder,
        |builder| builder.connections(100_000).workers(1),
        |builder| builder.timers(0).memberships(0).mailbox(1).deferred(1),
        |builder| {
            builder.frame_rate(Rate::per_second(9)).byte_rate(Rate::per_second(9000)).connections(50_000)
        },
        |builder| builder.drain(Duration::from_secs(1)).connections_per_address(9).connections(50_000),
        |builder| if cfg!(target_os = "linux") { builder.accept(Accept::PerWorker) } else { builder },
    ];
    for (number, set) in settings.into_iter().enumerate() {
        let server = Watched::start(set(server()));
        let (now, _) = server.takes();
        let Extent { at_start, .. } = server.memory.total();
        let rest = now.abs_diff(at_start);
        assert!(rest < 128 << 10, "{number}: {now} bytes, and said was {at_start}:\n{}", server.memory);
        server.holds("at the start");
        server.server.shutdown().unwrap();
    }
}

#[test]
fn clients_that_do_their_worst_stay_within_the_bound() {
    let _turn = TURN.lock();
    let floods = frame(FLOOD, b"").repeat(100);
    let mut clients = Clients::new();
    let watched = Watched::start(server());
    let server = &watched.server;

    // All slots, and some more.
    clients.connect(server, 2 * CONNECTIONS);
    clients.log_in(0, 16);
    clients.receive();
    assert_eq!(server.connections().online(), 2 * CONNECTIONS);
    watched.holds("all are users");

    // All input: each begins a frame, and who finds no room for it is closed.
    let workers = || server.handle().metrics().workers.into_iter();
    clients.log_in(0, 15);
    eventually("the pools are full", || workers().all(|worker| worker.input_pool.used == 256 << 10));
    watched.holds("all have begun a frame");
    clients.0.clear();
    eventually("all have gone", || server.stats().open == 0);

    // All output: nobody reads, and who finds no room is closed.
    clients.connect(server, 2 * CONNECTIONS);
    clients.log_in(100_000, 16);
    clients.fill(&floods);
    let output = || workers().map(|worker| worker.output_pool);
    eventually("the pools are full", || output().all(|pool| pool.peak + (1 << 20) > pool.capacity));
    watched.holds("nobody reads");

    // What they are pushed, each something of its own, until no more of it is kept.
    let connections = server.connections();
    let is_kept = || server.handle().metrics().full["kept_pushes"] == 0;
    for (user, key) in connections.users().into_iter().cycle().zip(0..).take_while(|_| is_kept()) {
        let message = connections.message(FLOOD, &Payload(&[7; 20_000])).unwrap();
        match connections.push_message_to_user(user, &message.keyed(key).on_overflow(Overflow::KeepLatest)) {
            Ok(()) | Err(PushError::Partly { .. } | PushError::Offline(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    watched.holds("nobody reads what is pushed");
    clients.0.clear();
    eventually("all have gone", || server.stats().open == 0);

    // Those who come and go.
    for round in 0..20 {
        clients.connect(server, CONNECTIONS / 2);
        clients.log_in(round * 1000, 16);
        clients.0.clear();
    }
    eventually("all have gone", || server.stats().open == 0);
    watched.holds("many came and went");
    let Extent { at_most, .. } = watched.memory.total();
    let (_, peak) = watched.takes();
    assert!(at_most < peak * 2, "{peak} bytes, and said was {at_most}:\n{}", watched.memory);
    watched.server.shutdown().unwrap();
}

/// A worker that is held up comes to no push and no answer, and each is as long as a frame can be.
#[test]
fn what_no_worker_has_come_to_is_as_much_as_was_said() {
    static LONG: [u8; 65_527] = [7; 65_527];
    let _turn = TURN.lock();
    let hall = Hall::default();
    let Ward { owed, gate, is_held_up } = &*hall.0;
    let (mut clients, mut holding) = (Clients::new(), Clients::new());
    let watched = Watched::start(server_of(hall.clone()).workers(1));
    let server = &watched.server;
    clients.connect(server, 16);
    clients.ask(LATER);
    eventually("all wait for their answers", || owed.lock().unwrap().len() == 16);
    let gate = gate.lock();
    holding.connect(server, 1);
    holding.ask(HOLD);
    eventually("the worker is held up", || is_held_up.load(SeqCst));

    let before = NOW.load(SeqCst);
    let mut owed = owed.lock().unwrap();
    let id = owed[0].id();
    owed.drain(..).for_each(|reply| reply.send(Payload(&LONG)).unwrap());
    let push = || server.connections().push(id, FLOOD, &Payload(&LONG));
    let pushed = (0..).take_while(|_| push().is_ok()).count();
    assert_eq!((pushed, push()), (16, Err(PushError::Full(16))));
    let (frames, said) = (NOW.load(SeqCst) - before, watched.memory.worker.frames.at_most);
    assert!(said / 10 * 9 < frames && frames <= said, "{frames} bytes, and said was {said}");
    watched.holds("pushes and answers wait");
    drop(gate);
    drop((clients, holding));
    eventually("all have gone", || server.stats().open == 0);
    watched.server.shutdown().unwrap();
}
