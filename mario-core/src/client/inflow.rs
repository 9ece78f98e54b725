//! Bytes that came and are not taken yet.

/// What one read takes at most: the longest frame there is.
const ROOM: usize = 1 << 16;

pub(super) struct Inflow {
    buffer: Box<[u8]>,
    filled: usize,
}

impl Inflow {
    pub(super) fn new() -> Self {
        Inflow { buffer: vec![0; ROOM].into(), filled: 0 }
    }

    /// Where to read to: never empty, as a whole frame is taken before.
    pub(super) fn room(&mut self) -> &mut [u8] {
        &mut self.buffer[self.filled..]
    }

    /// So many bytes were read to the room.
    pub(super) fn fill(&mut self, count: usize) {
        self.filled += count;
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[..self.filled]
    }

    /// Begins anew with bytes that came before.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.buffer[..bytes.len()].copy_from_slice(bytes);
        self.filled = bytes.len();
    }

    /// So many of the bytes are taken.
    pub(super) fn consume(&mut self, count: usize) {
        self.buffer.copy_within(count..self.filled, 0);
        self.filled -= count;
    }
}
