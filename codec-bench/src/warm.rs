//! A task done again and again with the same bytes: all of them stay in the nearest cache.

use std::hint::black_box;

use anyhow::{Context, Result};

use crate::packets::Values;
use crate::tasks::{Decode, Dispatch, Encoding, Kit, LOGIN, Task, Work};

/// A payload follows a header of so many bytes.
pub const HEADER: usize = 8;

/// Frames follow one another without gaps, so that a payload may be at any distance from a word's boundary. As it takes
/// more work to check text that is not at one, each distance has its turn.
pub const DISTANCES: usize = 8;

/// A worker's out buffer is longer than any packet too.
const ROOM: usize = 1024;

/// One packet, and the buffers that it is in.
pub struct Warm<'v> {
    work: Work<'v>,
    rooms: Vec<[u8; ROOM]>,
    len: usize,
}

impl<'v> Warm<'v> {
    /// The packet with these values.
    ///
    /// # Errors
    /// If it is longer than a packet should be, or there is no such task.
    pub fn new(kit: Kit, task: Task, values: &'v Values) -> Result<Self> {
        let mut rooms = vec![[0; ROOM]; DISTANCES];
        let mut len = 0;
        for (distance, room) in rooms.iter_mut().enumerate() {
            let written = kit.encoding(values).encode(&mut room[HEADER + distance..]);
            len = written.context("the packet does not fit")?;
        }
        Ok(Warm { work: kit.work(task, values).context("there is no such task")?, rooms, len })
    }

    /// Does the task so many times, and a few more to have all distances equally often.
    pub fn run(&mut self, times: u32) {
        let rounds = times.div_ceil(DISTANCES as u32);
        let rooms = self.rooms.iter_mut().enumerate();
        let mut rooms: Vec<_> = rooms.map(|(distance, room)| &mut room[HEADER + distance..]).collect();
        match &mut self.work {
            Work::Decode(decode) => decode_again(*decode, &payloads(&rooms, self.len), rounds),
            Work::Encode(encoding) => encode_again(&**encoding, &mut rooms, rounds),
            Work::Dispatch(dispatch) => dispatch_again(&mut **dispatch, &payloads(&rooms, self.len), rounds),
        }
    }
}

fn payloads<'r>(rooms: &'r [&mut [u8]], len: usize) -> Vec<&'r [u8]> {
    rooms.iter().map(|room| &room[..len]).collect()
}

#[inline(never)]
fn decode_again(decode: Decode, payloads: &[&[u8]], rounds: u32) {
    let decode = black_box(decode);
    let mut sum = 0;
    for _ in 0..rounds {
        for payload in payloads {
            sum ^= decode(black_box(payload)).unwrap_or_default();
        }
    }
    black_box(sum);
}

#[inline(never)]
fn encode_again(encoding: &dyn Encoding, rooms: &mut [&mut [u8]], rounds: u32) {
    let encoding = black_box(encoding);
    let mut sum = 0;
    for _ in 0..rounds {
        for room in &mut *rooms {
            sum ^= encoding.encode(black_box(room)).unwrap_or_default();
        }
    }
    black_box(sum);
}

#[inline(never)]
fn dispatch_again(dispatch: &mut dyn Dispatch, payloads: &[&[u8]], rounds: u32) {
    let dispatch = black_box(dispatch);
    let mut sum = 0;
    for _ in 0..rounds {
        for payload in payloads {
            sum ^= dispatch.dispatch(black_box(LOGIN), black_box(payload)).unwrap_or_default();
        }
    }
    black_box(sum);
}
