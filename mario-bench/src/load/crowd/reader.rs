//! One thread's connections: they read, and compare.

use std::io::{self, ErrorKind, Read};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use crate::load::counters::Counters;
use crate::load::failure::{Failure, Failures};
use crate::load::replies::Replies;
use crate::system::epoll::{Epoll, Events};

const READ_BUFFER: usize = 64 * 1024;

/// How often a thread looks whether it shall stop.
const GLANCE: Duration = Duration::from_millis(25);

pub(super) struct Reader<'a> {
    frame: &'a [u8],
    counters: &'a Counters,
    epoll: Epoll,
    connections: Vec<Option<(TcpStream, Replies)>>,
}

impl<'a> Reader<'a> {
    /// For connections to which nothing but `frame` is sent, again and again.
    ///
    /// # Errors
    /// The system has no descriptor for it.
    pub(super) fn new(frame: &'a [u8], counters: &'a Counters, share: Vec<TcpStream>) -> io::Result<Self> {
        let epoll = Epoll::new()?;
        for (token, stream) in share.iter().enumerate() {
            epoll.add_for_reading(stream, token as u64)?;
        }
        counters.add_opened(share.len() as u64);
        let connections = share.into_iter().map(|stream| Some((stream, Replies::default()))).collect();
        Ok(Reader { frame, counters, epoll, connections })
    }

    /// Reads until it is over.
    ///
    /// # Errors
    /// The system says no to waiting.
    pub(super) fn run(mut self, is_over: &AtomicBool) -> io::Result<Failures> {
        let (mut events, mut buffer) = (Events::new(), vec![0; READ_BUFFER]);
        let mut failures = Failures::default();
        while !is_over.load(Relaxed) {
            self.epoll.wait(&mut events, GLANCE)?;
            for event in events.drain() {
                let place = &mut self.connections[event.token as usize];
                let Some((stream, replies)) = place else { continue };
                match read(stream, replies, self.frame, &mut buffer) {
                    Ok(count) => self.counters.add_replies(count),
                    Err(failure) => {
                        failures.add(failure);
                        self.counters.add_failure(true);
                        *place = None;
                    }
                }
            }
        }
        Ok(failures)
    }
}

/// Reads all that has come; the answer is how many frames that completes.
fn read(
    stream: &mut TcpStream,
    replies: &mut Replies,
    frame: &[u8],
    buffer: &mut [u8],
) -> Result<u64, Failure> {
    let mut complete = 0;
    loop {
        match stream.read(buffer) {
            Ok(0) => return Err(Failure::Closed),
            Ok(count) => complete += replies.take(frame, &buffer[..count])? as u64,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(complete),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}
