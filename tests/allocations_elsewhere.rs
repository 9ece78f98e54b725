//! Nor do connections that come and go, replies to slow peers and pushes allocate anything, once there were as many: counted,
//! alone in its process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mario::{Conn, ConnId, Payload, Server, Service};
use socket2::{Domain, Socket, Type};

/// Counts what the whole process allocates.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: each call is passed on unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, SeqCst);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from `System`, as all are passed on to it.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const WORKERS: usize = 2;
const HEADER: usize = 8;
const ECHO: u16 = 1;
const PUSH: u16 = 2;
const GROUP: u64 = 7;

#[derive(Clone, Default)]
struct Echoes {
    open: Arc<Mutex<Vec<ConnId>>>,
}

impl Service for Echoes {
    type Session = ();
    type Worker = ();

    fn connected(&self, conn: &mut Conn<'_, Self>) {
        self.open.lock().expect("nobody has panicked").push(conn.id());
    }

    fn disconnected(&self, conn: &mut Conn<'_, Self>, _reason: mario::Reason) {
        self.open.lock().expect("nobody has panicked").retain(|id| *id != conn.id());
    }
}

#[mario::command(ECHO)]
fn echo<'a>(_conn: &mut Conn<'_, Echoes>, request: Payload<'a>) -> Payload<'a> {
    request
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let length = (HEADER + payload.len()) as u16;
    [&[0xff; 4][..], &length.to_le_bytes(), &ECHO.to_le_bytes(), payload].concat()
}

fn ask(stream: &mut TcpStream, request: &[u8]) {
    let mut reply = [0; 64];
    let reply = &mut reply[..request.len()];
    stream.write_all(request).unwrap();
    stream.read_exact(reply).unwrap();
    assert_eq!(reply, request);
}

fn until(condition: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < end, "it does not come to that");
        std::thread::yield_now();
    }
}

/// Connects, asks and closes, several at a time.
fn come_and_go(server: &Server, request: &[u8]) {
    let before = server.stats().open;
    for _ in 0..50 {
        let mut streams = [(); 4].map(|()| TcpStream::connect(server.local_addr()).unwrap());
        streams.iter_mut().for_each(|stream| ask(stream, request));
        drop(streams);
        until(|| server.stats().open == before);
    }
}

/// Asks for more than the sockets take before it reads: replies wait, and then the requests do.
fn ask_without_reading(stream: &mut TcpStream, request: &[u8]) {
    const REQUESTS: usize = 20_000;
    let mut buffer = [0; 32 * 1024];
    let (mut sent, mut received, all) = (0, 0, REQUESTS * request.len());
    let mut is_full = false;
    while received < all {
        assert!(is_full || sent < all, "the sockets take it all");
        if sent < all {
            match stream.write(&request[sent % request.len()..]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => is_full = true,
                Err(error) => panic!("{error}"),
            }
        }
        if is_full {
            match stream.read(&mut buffer) {
                Ok(0) => panic!("the server has closed"),
                Ok(count) => received += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// A connection with small buffers that does not block.
fn small(addr: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(16 << 10).unwrap();
    socket.set_send_buffer_size(16 << 10).unwrap();
    socket.connect(&addr.into()).unwrap();
    socket.set_nonblocking(true).unwrap();
    socket.into()
}

/// What something allocates that was done before.
fn allocations(mut something: impl FnMut()) -> usize {
    something();
    let before = ALLOCATIONS.load(SeqCst);
    something();
    ALLOCATIONS.load(SeqCst) - before
}

#[test]
fn what_was_there_once_is_there_again() {
    let service = Echoes::default();
    let open = Arc::clone(&service.open);
    let server = Server::builder(service, mario::commands![echo])
        .bind("127.0.0.1:0")
        .workers(WORKERS)
        .start()
        .unwrap();
    let (short, long) = (frame(b"hello"), frame(&[7; 1400]));
    assert_eq!(allocations(|| come_and_go(&server, &short)), 0, "accepts and closes");

    let mut slow = small(server.local_addr());
    assert_eq!(allocations(|| ask_without_reading(&mut slow, &long)), 0, "replies that wait");
    drop(slow);
    until(|| server.stats().open == 0);

    let mut streams = [(); 2 * WORKERS].map(|()| TcpStream::connect(server.local_addr()).unwrap());
    streams.iter_mut().for_each(|stream| ask(stream, &short));
    let (connections, ids) = (server.connections(), open.lock().unwrap().clone());
    let message = connections.message(PUSH, &Payload(b"news")).unwrap();
    let mut arrives = || {
        let mut push = [0; HEADER + 4];
        for stream in &mut streams {
            stream.read_exact(&mut push).unwrap();
            assert_eq!(push[6..], [PUSH as u8, 0, b'n', b'e', b'w', b's']);
        }
    };
    let to_each = || {
        for _ in 0..100 {
            ids.iter().for_each(|id| connections.push_message(*id, &message).unwrap());
            arrives();
        }
    };
    assert_eq!(allocations(to_each), 0, "pushes");
    let to_all = || {
        for _ in 0..100 {
            connections.push_message_to_all(&message).unwrap();
            arrives();
        }
    };
    assert_eq!(allocations(to_all), 0, "pushes to all");
    // A group has memory as long as it has members, and a worker for as many as the largest that had a push.
    ids.iter().for_each(|id| connections.join(*id, GROUP).unwrap());
    let to_group = || {
        for _ in 0..100 {
            connections.push_message_to_group(GROUP, &message).unwrap();
            arrives();
        }
    };
    assert_eq!(allocations(to_group), 0, "pushes to a group");
}
