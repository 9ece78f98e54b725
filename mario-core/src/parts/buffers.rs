//! A bounded pool of segments, and chains of them: the queues of the few connections that need one.

use std::collections::TryReserveError;
use std::io::IoSlice;

use thiserror::Error;

use crate::stats::PoolMetrics;

/// The bytes of a segment: a packet of the default limit fits in one.
pub(crate) const SEGMENT: usize = 2048;

/// The end of a list of segments.
const NONE: u32 = u32::MAX;

/// The pool is used up.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("no free segment")]
pub(crate) struct Full;

/// The segments of one pool. All room is reserved at the start, and memory becomes resident as it is first used.
pub(crate) struct Segments {
    bytes: Vec<[u8; SEGMENT]>,
    /// For each segment the one behind it, in its chain or in the list of the free ones.
    next: Vec<u32>,
    free: u32,
    used: usize,
    peak: usize,
    capacity: usize,
}

/// A queue of bytes in segments of a pool. It owns them: give them back with [`Segments::clear`].
#[derive(Debug)]
pub(crate) struct Chain {
    head: u32,
    tail: u32,
    /// Where the first byte is in the head.
    start: u32,
    len: u32,
}

impl Chain {
    pub(crate) const EMPTY: Chain = Chain { head: NONE, tail: NONE, start: 0, len: 0 };

    pub(crate) fn len(&self) -> usize {
        self.len as usize
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many segments it has.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn segments(&self) -> usize {
        self.segments_with(0)
    }

    /// How many segments it has once so many bytes are appended.
    pub(crate) fn segments_with(&self, more: usize) -> usize {
        // An empty one begins at the front.
        (self.start as usize + self.len() + more).div_ceil(SEGMENT)
    }

    /// Where the byte behind the last one goes in the tail; a whole segment if there is no room.
    fn end(&self) -> usize {
        match (self.start + self.len) as usize {
            0 => SEGMENT,
            end => (end - 1) % SEGMENT + 1,
        }
    }
}

impl Segments {
    /// A pool of at least `bytes` bytes, or an error if so much memory can't be had.
    pub(crate) fn new(bytes: usize) -> Result<Self, TryReserveError> {
        let capacity = Self::capacity(bytes);
        let mut segments =
            Segments { bytes: Vec::new(), next: Vec::new(), free: NONE, used: 0, peak: 0, capacity };
        segments.bytes.try_reserve_exact(capacity)?;
        segments.next.try_reserve_exact(capacity)?;
        Ok(segments)
    }

    /// What a pool of at least `bytes` bytes takes.
    pub(crate) fn bytes(bytes: usize) -> usize {
        Self::capacity(bytes).saturating_mul(SEGMENT + size_of::<u32>())
    }

    /// How many segments that are.
    pub(crate) fn capacity(bytes: usize) -> usize {
        bytes.div_ceil(SEGMENT).min(NONE as usize)
    }

    /// Whether all chains together have so many segments.
    ///
    /// # Errors
    /// If they have not.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn audit(&self, chained: usize) -> Result<(), String> {
        let next = |segment: &u32| Some(self.next[*segment as usize]).filter(|next| *next != NONE);
        let first = Some(self.free).filter(|free| *free != NONE);
        let free = std::iter::successors(first, next).take(self.capacity + 1).count();
        if chained == self.used && chained + free == self.next.len() {
            return Ok(());
        }
        let (used, made) = (self.used, self.next.len());
        Err(format!("{chained} segments are in chains ({used} counted), {free} are free: not {made}"))
    }

    /// How full it is, in bytes.
    #[inline]
    pub(crate) fn metrics(&self) -> PoolMetrics {
        let bytes = |segments: usize| (segments * SEGMENT) as u64;
        PoolMetrics { capacity: bytes(self.capacity), used: bytes(self.used), peak: bytes(self.peak) }
    }

    /// Appends all of `bytes`.
    ///
    /// # Errors
    /// [`Full`] if the pool has not enough segments; the chain is as before.
    pub(crate) fn append(&mut self, chain: &mut Chain, mut bytes: &[u8]) -> Result<(), Full> {
        let room = SEGMENT - chain.end();
        let wanted = bytes.len().saturating_sub(room).div_ceil(SEGMENT);
        if wanted > self.capacity - self.used || bytes.len() > u32::MAX as usize - SEGMENT - chain.len() {
            return Err(Full);
        }
        while !bytes.is_empty() {
            if chain.end() == SEGMENT {
                self.grow(chain);
            }
            let end = chain.end() % SEGMENT;
            let (now, later) = bytes.split_at(bytes.len().min(SEGMENT - end));
            self.bytes[chain.tail as usize][end..end + now.len()].copy_from_slice(now);
            chain.len += now.len() as u32;
            bytes = later;
        }
        Ok(())
    }

    /// Copies the first bytes of `chain` to `into`, as many as there are and fit; they stay in the chain.
    pub(crate) fn peek(&self, chain: &Chain, into: &mut [u8]) -> usize {
        let mut copied = 0;
        for slice in self.slices(chain) {
            let n = slice.len().min(into.len() - copied);
            into[copied..copied + n].copy_from_slice(&slice[..n]);
            copied += n;
            if copied == into.len() {
                break;
            }
        }
        copied
    }

    /// Points each of `into` at the next bytes of `chain`; returns how many were needed.
    pub(crate) fn gather<'a>(&'a self, chain: &Chain, into: &mut [IoSlice<'a>]) -> usize {
        into.iter_mut().zip(self.slices(chain)).map(|(into, slice)| *into = IoSlice::new(slice)).count()
    }

    /// Drops the first `count` bytes of `chain`, or all if there are fewer; whether a segment is free again for it.
    pub(crate) fn consume(&mut self, chain: &mut Chain, count: usize) -> bool {
        let mut has_freed = false;
        let mut count = count.min(chain.len()) as u32;
        while count > 0 {
            let here = (SEGMENT as u32 - chain.start).min(chain.len);
            let taken = here.min(count);
            chain.start += taken;
            chain.len -= taken;
            count -= taken;
            if taken == here {
                self.shrink(chain);
                has_freed = true;
            }
        }
        has_freed
    }

    /// Gives back all segments of `chain`.
    pub(crate) fn clear(&mut self, chain: &mut Chain) {
        self.consume(chain, usize::MAX);
    }

    fn slices(&self, chain: &Chain) -> impl Iterator<Item = &[u8]> {
        let (mut at, mut start, mut left) = (chain.head, chain.start as usize, chain.len());
        std::iter::from_fn(move || {
            if left == 0 {
                return None;
            }
            let n = left.min(SEGMENT - start);
            let slice = &self.bytes[at as usize][start..start + n];
            at = self.next[at as usize];
            start = 0;
            left -= n;
            Some(slice)
        })
    }

    /// Puts a free segment behind the tail. There must be one.
    fn grow(&mut self, chain: &mut Chain) {
        let segment = if self.free == NONE {
            self.bytes.push([0; SEGMENT]);
            self.next.push(NONE);
            (self.bytes.len() - 1) as u32
        } else {
            let behind = self.next[self.free as usize];
            std::mem::replace(&mut self.free, behind)
        };
        self.next[segment as usize] = NONE;
        self.used += 1;
        self.peak = self.peak.max(self.used);
        match chain.tail {
            NONE => chain.head = segment,
            tail => self.next[tail as usize] = segment,
        }
        chain.tail = segment;
    }

    /// Takes the head, of which all bytes have been consumed, from the chain.
    fn shrink(&mut self, chain: &mut Chain) {
        let segment = chain.head;
        let behind = std::mem::replace(&mut self.next[segment as usize], self.free);
        self.free = segment;
        self.used -= 1;
        if chain.len == 0 {
            *chain = Chain::EMPTY;
        } else {
            chain.head = behind;
            chain.start = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    fn all(pool: &Segments, chain: &Chain) -> Vec<u8> {
        let mut bytes = vec![0; chain.len()];
        assert_eq!(pool.peek(chain, &mut bytes), chain.len());
        bytes
    }

    #[test]
    fn a_full_pool_refuses_and_loses_nothing() {
        let mut pool = Segments::new(2 * SEGMENT).unwrap();
        let (mut one, mut two) = (Chain::EMPTY, Chain::EMPTY);
        pool.append(&mut one, &[1; SEGMENT + 1]).unwrap();
        assert_eq!(pool.append(&mut two, &[2]), Err(Full));
        assert_eq!(pool.append(&mut one, &[1; SEGMENT]), Err(Full));
        assert_eq!(all(&pool, &one), [1; SEGMENT + 1]);
        pool.append(&mut one, &[1; SEGMENT - 1]).unwrap();
        pool.clear(&mut one);
        pool.append(&mut two, &[2; 2 * SEGMENT]).unwrap();
        assert_eq!(all(&pool, &two), [2; 2 * SEGMENT]);
    }

    #[test]
    fn gathers_what_fits() {
        let mut pool = Segments::new(4 * SEGMENT).unwrap();
        let mut chain = Chain::EMPTY;
        pool.append(&mut chain, &[7; 3 * SEGMENT]).unwrap();
        pool.consume(&mut chain, 10);
        let mut slices = [IoSlice::new(&[]); 2];
        assert_eq!(pool.gather(&chain, &mut slices), 2);
        assert_eq!(slices[0].len() + slices[1].len(), 2 * SEGMENT - 10);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Append(usize, usize),
        Consume(usize, usize),
        Clear(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..3usize, 0..3 * SEGMENT).prop_map(|(chain, n)| Step::Append(chain, n)),
            (0..3usize, 0..3 * SEGMENT).prop_map(|(chain, n)| Step::Consume(chain, n)),
            (0..3usize).prop_map(Step::Clear),
        ]
    }

    proptest! {
        #[test]
        fn chains_behave_as_queues(capacity in 0..8usize, steps in prop::collection::vec(step(), 0..60)) {
            let mut pool = Segments::new(capacity * SEGMENT).unwrap();
            let mut chains = [Chain::EMPTY, Chain::EMPTY, Chain::EMPTY];
            let mut models: [VecDeque<u8>; 3] = Default::default();
            let mut next = 0u8;
            for step in steps {
                match step {
                    Step::Append(at, n) => {
                        let bytes: Vec<u8> = (0..n).map(|_| { next = next.wrapping_add(1); next }).collect();
                        if pool.append(&mut chains[at], &bytes).is_ok() {
                            models[at].extend(&bytes);
                        }
                    }
                    Step::Consume(at, n) => {
                        pool.consume(&mut chains[at], n);
                        models[at].drain(..n.min(models[at].len()));
                    }
                    Step::Clear(at) => {
                        pool.clear(&mut chains[at]);
                        models[at].clear();
                    }
                }
                for (chain, model) in chains.iter().zip(&models) {
                    prop_assert_eq!(&all(&pool, chain), &Vec::from(model.clone()));
                }
                prop_assert!(pool.used <= capacity);
            }
            for chain in &mut chains {
                pool.clear(chain);
            }
            prop_assert_eq!(pool.used, 0);
        }
    }
}
