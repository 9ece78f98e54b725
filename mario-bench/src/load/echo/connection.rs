//! A connection with requests on the way.

use std::collections::VecDeque;
use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::time::Instant;

use crate::load::failure::Failure;
use crate::load::replies::Replies;

/// Requests, one after the other, to be written from any place on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Requests<'a> {
    /// One of them.
    pub(super) one: &'a [u8],
    /// So many that they are seldom written in parts.
    pub(super) many: &'a [u8],
}

/// A connection.
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) replies: Replies,
    /// When each request on the way was sent, or due.
    pub(super) sent: VecDeque<Instant>,
    /// Where in a request the next write begins.
    place: usize,
    /// Bytes of requests that the socket has not taken yet.
    unsent: usize,
}

impl Connection {
    /// With no request on the way.
    pub(super) fn new(stream: TcpStream) -> Connection {
        Connection { stream, replies: Replies::default(), sent: VecDeque::new(), place: 0, unsent: 0 }
    }

    /// Sends so many requests more, or keeps what the socket does not take for when it does.
    pub(super) fn ask(&mut self, count: usize, at: Instant, requests: Requests<'_>) -> Result<(), Failure> {
        self.sent.extend(std::iter::repeat_n(at, count));
        self.unsent += count * requests.one.len();
        self.write(requests)
    }

    /// Writes what was kept.
    pub(super) fn write(&mut self, requests: Requests<'_>) -> Result<(), Failure> {
        while self.unsent > 0 {
            let bytes = &requests.many[self.place..];
            let bytes = &bytes[..bytes.len().min(self.unsent)];
            match self.stream.write(bytes) {
                Ok(count) => {
                    self.place = (self.place + count) % requests.one.len();
                    self.unsent -= count;
                    if count < bytes.len() {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
