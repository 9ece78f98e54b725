//! A task done with ever other bytes, in an order that no prefetcher guesses: as if each packet came from a connection
//! that was silent for long.

use std::hint::black_box;

use anyhow::{Context, Result};
use fastrand::Rng;

use crate::packets::Values;
use crate::tasks::{Decode, Dispatch, Encoding, Kit, LOGIN, Task, Work};
use crate::warm::{DISTANCES, HEADER};

/// No two packets share a line of a cache.
const LINE: usize = 64;

/// Longer than any packet here is.
const LONGEST: usize = 4096;

/// Packets all over an arena, and the order in which they are visited.
pub struct Cold<'v> {
    /// What is encoded is warm itself: it is the room that is cold.
    work: Work<'v>,
    arena: Vec<u8>,
    places: Vec<Place>,
    next: usize,
}

/// Where a packet is. The places themselves are read one after another, so that they are there in time.
#[derive(Clone, Copy)]
struct Place {
    start: u32,
    len: u16,
    /// How many bytes may be written.
    room: u16,
}

impl<'v> Cold<'v> {
    /// An arena of so many bytes, full of packets with these values in turn.
    ///
    /// # Errors
    /// If a packet does not fit, or there is no such task.
    pub fn new(kit: Kit, task: Task, values: &'v [Values], bytes: usize, rng: &mut Rng) -> Result<Self> {
        let first = values.first().context("there are no values")?;
        let packets =
            values.iter().map(|values| encoded(&*kit.encoding(values))).collect::<Result<Vec<_>>>()?;
        let longest = packets.iter().map(Vec::len).max().unwrap_or_default();
        let stride = (HEADER + DISTANCES + longest).next_multiple_of(LINE);

        let mut arena = vec![0; bytes.max(stride)];
        let mut places = Vec::new();
        let slots = arena.chunks_exact_mut(stride).enumerate();
        for ((index, slot), packet) in slots.zip(packets.iter().cycle()) {
            let distance = HEADER + rng.usize(..DISTANCES);
            slot[distance..][..packet.len()].copy_from_slice(packet);
            places.push(Place {
                start: u32::try_from(index * stride + distance).context("the arena is over 4 GiB")?,
                len: packet.len() as u16,
                room: (stride - distance) as u16,
            });
        }
        rng.shuffle(&mut places);
        let work = kit.work(task, first).context("there is no such task")?;
        Ok(Cold { work, arena, places, next: 0 })
    }

    /// Does the task so many times, each at another place.
    pub fn run(&mut self, times: u32) {
        let end = self.next + times as usize;
        let places = self.places.iter().cycle().skip(self.next).take(times as usize).copied();
        match &mut self.work {
            Work::Decode(decode) => decode_each(*decode, &self.arena, places),
            Work::Encode(encoding) => encode_each(&**encoding, &mut self.arena, places),
            Work::Dispatch(dispatch) => dispatch_each(&mut **dispatch, &self.arena, places),
        }
        self.next = end % self.places.len();
    }
}

fn encoded(encoding: &dyn Encoding) -> Result<Vec<u8>> {
    let mut packet = vec![0; LONGEST];
    let len = encoding.encode(&mut packet).context("the packet does not fit")?;
    packet.truncate(len);
    Ok(packet)
}

#[inline(never)]
fn decode_each(decode: Decode, arena: &[u8], places: impl Iterator<Item = Place>) {
    let decode = black_box(decode);
    black_box(places.fold(0, |sum, Place { start, len, .. }| {
        let payload = &arena[start as usize..][..usize::from(len)];
        sum ^ decode(black_box(payload)).unwrap_or_default()
    }));
}

#[inline(never)]
fn encode_each(encoding: &dyn Encoding, arena: &mut [u8], places: impl Iterator<Item = Place>) {
    let encoding = black_box(encoding);
    black_box(places.fold(0, |sum, Place { start, room, .. }| {
        let room = &mut arena[start as usize..][..usize::from(room)];
        sum ^ encoding.encode(black_box(room)).unwrap_or_default()
    }));
}

#[inline(never)]
fn dispatch_each(dispatch: &mut dyn Dispatch, arena: &[u8], places: impl Iterator<Item = Place>) {
    let dispatch = black_box(dispatch);
    black_box(places.fold(0, |sum, Place { start, len, .. }| {
        let payload = &arena[start as usize..][..usize::from(len)];
        sum ^ dispatch.dispatch(black_box(LOGIN), black_box(payload)).unwrap_or_default()
    }));
}
