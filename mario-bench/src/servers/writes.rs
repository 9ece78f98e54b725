//! Bare writes: the baseline of broadcasts, and what the kernel allows.
//!
//! Each worker has its share of the crowd, and for each broadcast makes one blocking write to each of them, of the
//! frame as the operator sent it. It waits for nothing else and knows nothing else.
//!
//! A crowd that is too large for one descriptor table has a door for each worker: a thread with a table of its own, which
//! the worker shares, and a listener of its own on the same port.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use anyhow::Context;
use mario::proto::EncodeError;
use mario::proto::{Payload, Request, frame_to_vec};
use socket2::{Domain, Protocol, Socket, Type};

use crate::orders::Join;
use crate::system::limits;
use crate::wire::{HEADER, TOKEN};

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4096;

/// What only this server is told.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Options {
    /// Gives each worker a descriptor table and a listener of its own.
    #[arg(long)]
    private_descriptors: bool,
}

/// What a worker is to do.
enum Task {
    Adopt(TcpStream),
    Write(Arc<[u8]>),
}

/// Serves for ever.
///
/// # Errors
/// The address can't be listened on, or the system has no threads or descriptor tables for it.
pub(crate) fn run(addr: SocketAddr, workers: usize, options: &Options) -> anyhow::Result<()> {
    let (senders, tasks): (Vec<_>, Vec<_>) = (0..workers).map(|_| mpsc::channel()).unzip();
    if options.private_descriptors {
        return open_doors(addr, senders, tasks);
    }
    let listener = listen(addr)?;
    tasks.into_iter().enumerate().try_for_each(|(index, tasks)| start(index, tasks))?;
    super::announce(listener.local_addr()?);
    welcome_all(&listener, &senders, &senders);
    Ok(())
}

/// A door for each worker.
fn open_doors(
    addr: SocketAddr,
    senders: Vec<Sender<Task>>,
    tasks: Vec<Receiver<Task>>,
) -> anyhow::Result<()> {
    let first = listen(addr)?;
    let addr = first.local_addr()?;
    let others = (1..tasks.len()).map(|_| listen(addr)).collect::<io::Result<Vec<_>>>()?;
    let senders: Arc<[_]> = senders.into();
    let (is_open, are_open) = mpsc::channel();
    let doors = [first].into_iter().chain(others).zip(tasks).enumerate();
    let threads = doors.map(|(index, (listener, tasks))| {
        let (senders, is_open) = (Arc::clone(&senders), is_open.clone());
        thread::Builder::new().name(format!("writes-door-{index}")).spawn(move || {
            let opened = limits::separate_descriptors().and_then(|()| Ok(start(index, tasks)?));
            let _ = is_open.send(opened);
            drop(is_open);
            welcome_all(&listener, &senders[index..=index], &senders);
        })
    });
    let threads = threads.collect::<io::Result<Vec<_>>>()?;
    drop(is_open);
    are_open.iter().collect::<anyhow::Result<()>>().context("opening a door for each worker")?;
    super::announce(addr);
    for thread in threads {
        // None of them ends.
        let _ = thread.join();
    }
    Ok(())
}

/// A listener, beside which there may be others on the same port.
fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Starts a worker, with the descriptor table of the thread that calls this.
fn start(index: usize, tasks: Receiver<Task>) -> io::Result<()> {
    thread::Builder::new().name(format!("writes-worker-{index}")).spawn(move || work(&tasks))?;
    Ok(())
}

/// Does what comes; who can't be written to is gone.
fn work(tasks: &Receiver<Task>) {
    let mut streams = Vec::new();
    while let Ok(task) = tasks.recv() {
        match task {
            Task::Adopt(stream) => streams.push(stream),
            Task::Write(frame) => streams.retain_mut(|stream| stream.write_all(&frame).is_ok()),
        }
    }
}

/// Deals who comes to `workers` in turn.
fn welcome_all(listener: &TcpListener, workers: &[Sender<Task>], all: &[Sender<Task>]) {
    let mut turns = workers.iter().cycle();
    for stream in listener.incoming() {
        // Who does not say what he should is left alone.
        if let (Ok(stream), Some(next)) = (stream, turns.next()) {
            let _ = welcome(stream, next, all);
        }
    }
}

/// Whoever joins is one of the crowd; anybody else is the operator, who is served to the end.
fn welcome(mut stream: TcpStream, next: &Sender<Task>, workers: &[Sender<Task>]) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut frame = read_frame(&mut stream)?;
    if frame == joins()? {
        stream.write_all(&frame)?;
        return Ok(next.send(Task::Adopt(stream))?);
    }
    loop {
        let shared: Arc<[u8]> = frame.into();
        for worker in workers {
            worker.send(Task::Write(Arc::clone(&shared)))?;
        }
        frame = read_frame(&mut stream)?;
    }
}

/// What is sent to join, and the reply to it.
fn joins() -> Result<Vec<u8>, EncodeError> {
    frame_to_vec(TOKEN, Join::COMMAND, &Payload(&[]))
}

fn read_frame(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; HEADER];
    stream.read_exact(&mut frame)?;
    let len = usize::from(u16::from_le_bytes([frame[4], frame[5]]));
    frame.resize(len.max(HEADER), 0);
    stream.read_exact(&mut frame[HEADER..])?;
    Ok(frame)
}
