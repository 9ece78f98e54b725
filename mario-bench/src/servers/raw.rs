//! The raw baseline: what the kernel allows with epoll, and nothing more.
//!
//! One thread accepts and deals the sockets to the workers in turn, evenly, where SO_REUSEPORT would deal by a hash.
//! It registers each with its worker's epoll itself, once, edge-triggered, for both directions, and then sends it after.
//! So nobody needs to be woken for a socket: a worker looks into its channel when it meets an event of one that it does
//! not know yet.
//!
//! One read into a buffer that all connections of a worker share, one write of all replies, and a share of a wait:
//! two system calls a request. A read that took less than fits has taken all, so none is made to see EAGAIN.
//!
//! The calls are rustix's: they compile to the bare `syscall` instruction, with less around them than libc's, and need
//! no unsafe code. In what was measured they cost no more CPU time than libc's; the difference was within the noise.

use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, SocketFlags, accept_with, recv, send};
use socket2::{Domain, Protocol, Socket, Type};

use crate::wire::{ECHO, LOGIN, LOGIN_REPLY, MAX_PACKET, TOKEN};

const BACKLOG: i32 = 4096;
const EVENTS: usize = 1024;
const READ_BUFFER: usize = 64 * 1024;
const HEADER: usize = 8;
const BOTH_EDGES: EventFlags =
    EventFlags::IN.union(EventFlags::OUT).union(EventFlags::RDHUP).union(EventFlags::ET);

/// Serves for ever.
///
/// # Errors
/// The address can't be listened on, or the system has no threads or descriptors for it.
pub(crate) fn run(addr: SocketAddr, workers: usize) -> anyhow::Result<()> {
    let listener = listen(addr)?;
    let seats = (0..workers).map(seat).collect::<Result<Vec<_>, _>>()?;
    if let Some(addr) = listener.local_addr()?.as_socket() {
        super::announce(addr);
    }
    deal(&listener, &seats);
    Ok(())
}

fn listen(addr: SocketAddr) -> std::io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    // Accepted sockets inherit it.
    socket.set_tcp_nodelay(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket)
}

/// What the accepting thread knows of a worker.
struct Seat {
    epoll: Arc<OwnedFd>,
    dealt: Sender<OwnedFd>,
}

/// Starts a worker.
fn seat(index: usize) -> std::io::Result<Seat> {
    let epoll = Arc::new(epoll::create(epoll::CreateFlags::CLOEXEC)?);
    let (dealt, hand) = mpsc::channel();
    let worker = Worker {
        epoll: Arc::clone(&epoll),
        hand,
        connections: Vec::new(),
        input: vec![0; READ_BUFFER].into_boxed_slice(),
        replies: Vec::with_capacity(READ_BUFFER + MAX_PACKET),
    };
    thread::Builder::new().name(format!("raw-worker-{index}")).spawn(move || worker.run())?;
    Ok(Seat { epoll, dealt })
}

/// Accepts, and deals in turn, until the workers are gone.
fn deal(listener: &Socket, seats: &[Seat]) {
    for seat in seats.iter().cycle() {
        let socket = loop {
            match accept_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
                Ok(socket) => break socket,
                Err(Errno::INTR | Errno::CONNABORTED) => {}
                // Most likely out of descriptors.
                Err(_) => thread::sleep(Duration::from_millis(50)),
            }
        };
        // A socket that can't be registered is closed here.
        let data = EventData::new_u64(socket.as_raw_fd() as u64);
        if epoll::add(&seat.epoll, &socket, data, BOTH_EDGES).is_ok() && seat.dealt.send(socket).is_err() {
            return;
        }
    }
}

struct Worker {
    epoll: Arc<OwnedFd>,
    hand: Receiver<OwnedFd>,
    /// By the number of their sockets.
    connections: Vec<Option<Connection>>,
    input: Box<[u8]>,
    replies: Vec<u8>,
}

struct Connection {
    socket: OwnedFd,
    /// Only where a frame came in parts, or the socket was full.
    rest: Option<Box<Rest>>,
}

#[derive(Default)]
struct Rest {
    input: Vec<u8>,
    output: Vec<u8>,
}

/// The connection is over.
struct End;

impl Worker {
    fn run(mut self) {
        let mut events = Vec::with_capacity(EVENTS);
        loop {
            match epoll::wait(&self.epoll, spare_capacity(&mut events), None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return eprintln!("mario-bench: waiting for events: {error}"),
            }
            for event in events.drain(..) {
                self.turn(event.data.u64() as usize, event.flags);
            }
        }
    }

    fn turn(&mut self, number: usize, flags: EventFlags) {
        if self.connections.get(number).is_none_or(Option::is_none) {
            self.adopt(number);
        }
        let Some(Some(connection)) = self.connections.get_mut(number) else { return };
        if connection.serve(flags, &mut self.input, &mut self.replies).is_err() {
            self.connections[number] = None;
        }
    }

    /// Takes sockets from the channel up to the wanted one, which is there or about to be.
    #[cold]
    fn adopt(&mut self, wanted: usize) {
        while let Ok(socket) = self.hand.recv() {
            let number = socket.as_raw_fd() as usize;
            if number >= self.connections.len() {
                self.connections.resize_with(number + 1, || None);
            }
            self.connections[number] = Some(Connection { socket, rest: None });
            if number == wanted {
                return;
            }
        }
    }
}

impl Connection {
    fn serve(&mut self, flags: EventFlags, input: &mut [u8], replies: &mut Vec<u8>) -> Result<(), End> {
        let closing = flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR);
        let resumed = self.rest.is_some() && self.resume()?;
        if !resumed && !closing && !flags.contains(EventFlags::IN) || self.is_full() {
            return Ok(());
        }
        loop {
            let count = match recv(&self.socket, &mut *input, RecvFlags::empty()).map(|(count, _)| count) {
                Ok(0) => return Err(End),
                Ok(count) => count,
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => continue,
                Err(_) => return Err(End),
            };
            // Those that could not be sent to the last connection are not for this one.
            replies.clear();
            let proper = self.answer(&input[..count], replies);
            self.send(replies)?;
            if !proper {
                return Err(End);
            }
            if self.is_full() || count < input.len() && !closing && !resumed {
                return Ok(());
            }
        }
    }

    /// Appends the replies to all whole frames and keeps what is left; whether all were frames.
    fn answer(&mut self, fresh: &[u8], replies: &mut Vec<u8>) -> bool {
        if let Some(rest) = &mut self.rest
            && !rest.input.is_empty()
        {
            rest.input.extend_from_slice(fresh);
            let Some(left) = answer(&rest.input, replies) else { return false };
            rest.input.drain(..rest.input.len() - left);
            return true;
        }
        let Some(left) = answer(fresh, replies) else { return false };
        if left > 0 {
            self.rest.get_or_insert_default().input.extend_from_slice(&fresh[fresh.len() - left..]);
        }
        true
    }

    /// Writes all replies at once; keeps what the socket does not take.
    fn send(&mut self, replies: &[u8]) -> Result<(), End> {
        if replies.is_empty() {
            return Ok(());
        }
        let written = write_some(&self.socket, replies)?;
        if written < replies.len() {
            self.rest.get_or_insert_default().output.extend_from_slice(&replies[written..]);
        }
        Ok(())
    }

    /// Writes what was kept; whether that was the last of it.
    #[cold]
    fn resume(&mut self) -> Result<bool, End> {
        let Some(rest) = &mut self.rest else { return Ok(false) };
        if rest.output.is_empty() {
            return Ok(false);
        }
        let written = write_some(&self.socket, &rest.output)?;
        rest.output.drain(..written);
        Ok(rest.output.is_empty())
    }

    /// The peer does not read: nothing is read from it either.
    fn is_full(&self) -> bool {
        self.rest.as_ref().is_some_and(|rest| !rest.output.is_empty())
    }
}

fn write_some(socket: &OwnedFd, bytes: &[u8]) -> Result<usize, End> {
    loop {
        match send(socket, bytes, SendFlags::NOSIGNAL) {
            Ok(written) => return Ok(written),
            Err(Errno::AGAIN) => return Ok(0),
            Err(Errno::INTR) => {}
            Err(_) => return Err(End),
        }
    }
}

/// Appends the replies to all whole frames of `bytes`. How many bytes are left, or nothing if some are no frame.
fn answer(mut bytes: &[u8], replies: &mut Vec<u8>) -> Option<usize> {
    while let Some((&[s0, s1, s2, s3, l0, l1, c0, c1], _)) = bytes.split_first_chunk::<HEADER>() {
        let stx = u32::from_le_bytes([s0, s1, s2, s3]);
        let len = usize::from(u16::from_le_bytes([l0, l1]));
        if stx != TOKEN || !(HEADER..=MAX_PACKET).contains(&len) {
            return None;
        }
        let Some((frame, after)) = bytes.split_at_checked(len) else { break };
        match (u16::from_le_bytes([c0, c1]), len) {
            (ECHO, _) => replies.extend_from_slice(frame),
            (LOGIN, 10) => replies.extend_from_slice(&LOGIN_REPLY),
            _ => return None,
        }
        bytes = after;
    }
    Some(bytes.len())
}
