//! Bare writes: the baseline of broadcasts, and what the kernel allows.
//!
//! Each worker has its share of the crowd, and for each broadcast makes one blocking write to each of them, of the
//! frame as the operator sent it. It waits for nothing else and knows nothing else.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use mario::EncodeError;
use mario::proto::{Payload, Request, frame_to_vec};

use crate::orders::Join;
use crate::wire::{HEADER, TOKEN};

/// What a worker is to do.
enum Task {
    Adopt(TcpStream),
    Write(Arc<[u8]>),
}

/// Serves for ever.
///
/// # Errors
/// The address can't be listened on, or the system has no threads for it.
pub(crate) fn run(addr: SocketAddr, workers: usize) -> anyhow::Result<()> {
    let listener = TcpListener::bind(addr)?;
    let workers = (0..workers).map(start).collect::<io::Result<Vec<_>>>()?;
    super::announce(listener.local_addr()?);
    let mut turns = workers.iter().cycle();
    for stream in listener.incoming() {
        // Who does not say what he should is left alone.
        if let (Ok(stream), Some(next)) = (stream, turns.next()) {
            let _ = welcome(stream, next, &workers);
        }
    }
    Ok(())
}

fn start(index: usize) -> io::Result<Sender<Task>> {
    let (sender, tasks) = mpsc::channel();
    thread::Builder::new().name(format!("writes-worker-{index}")).spawn(move || work(&tasks))?;
    Ok(sender)
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
