//! After start-up the path of a request allocates nothing: counted, alone in its process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use mario::{Conn, Packet, Server, Service};

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

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, SeqCst);
        // SAFETY: the pointer came from `System`, and the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Lengths;

impl Service for Lengths {
    type Session = u64;
    type Worker = u64;
}

#[derive(Packet)]
struct Name<'a> {
    name: &'a str,
}

#[derive(Packet)]
struct Length {
    length: u32,
    calls: u64,
}

#[mario::command(0x0001)]
fn length(conn: &mut Conn<'_, Lengths>, request: Name<'_>) -> Length {
    *conn.session() += 1;
    Length { length: request.name.len() as u32, calls: *conn.session() }
}

#[test]
fn a_request_allocates_nothing() {
    let server =
        Server::builder(Lengths, mario::commands![length]).bind("127.0.0.1:0").workers(1).start().unwrap();
    let request = [&[0xff, 0xff, 0xff, 0xff, 15, 0, 1, 0, 5, 0][..], b"Mario"].concat();
    let split = request.len() / 2;
    let mut stream = TcpStream::connect(server.local_addr()).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut calls = 0u64;
    let mut reply = [0; 20 * 16];
    let mut call = |pipelined: usize, requests: &[u8], pause_at: Option<usize>| {
        let (first, second) = requests.split_at(pause_at.unwrap_or(requests.len()));
        stream.write_all(first).unwrap();
        if pause_at.is_some() {
            // The first part has been read and put aside once the second one comes.
            while server.stats().bytes.is_multiple_of(15) {
                std::thread::yield_now();
            }
        }
        stream.write_all(second).unwrap();
        let reply = &mut reply[..20 * pipelined];
        stream.read_exact(reply).unwrap();
        calls += pipelined as u64;
        assert_eq!(reply[reply.len() - 12..][..4], [5, 0, 0, 0]);
        assert_eq!(reply[reply.len() - 8..], calls.to_le_bytes());
    };
    let pipelined = request.repeat(16);
    let mut round = || {
        for _ in 0..1000 {
            call(1, &request, None);
            call(1, &request, Some(split));
            call(16, &pipelined, None);
        }
    };
    round();
    let before = ALLOCATIONS.load(SeqCst);
    round();
    assert_eq!(ALLOCATIONS.load(SeqCst) - before, 0);
}
