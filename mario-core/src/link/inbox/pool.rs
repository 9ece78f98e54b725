//! The pool in which input waits. Each connection has a share of it that others can't take from it.

use std::collections::TryReserveError;

use crate::parts::buffers::{Chain, Full, SEGMENT, Segments};
use crate::stats::PoolMetrics;

/// What each connection may always have, in segments: a frame of the default limit finds room there.
const SHARE: usize = 1;

/// The pool, and how much of it connections have beside their shares.
pub(crate) struct Pool {
    segments: Segments,
    /// How many segments they may have beside their shares, all together.
    spare: usize,
    /// How many they have.
    beside: usize,
}

impl Pool {
    /// A pool of `bytes` bytes for so many slots; an error if so much memory can't be had. If it is less than a share for
    /// each slot, three quarters of it are for shares, as long as there are any.
    pub(super) fn new(bytes: usize, slots: usize) -> Result<Self, TryReserveError> {
        let capacity = Segments::capacity(bytes);
        let spare = capacity.checked_sub(slots * SHARE).unwrap_or(capacity / 4);
        Ok(Pool { segments: Segments::new(bytes)?, spare, beside: 0 })
    }

    /// How many bytes a connection whose chain is empty can be sure to find room for.
    #[inline]
    pub(super) fn room(&self) -> usize {
        (SHARE + self.spare - self.beside) * SEGMENT
    }

    /// Appends all of `bytes`.
    ///
    /// # Errors
    /// [`Full`] if the connection would have more than its share, and there is nothing to spare; or if there is no segment
    /// at all. The chain is as before.
    pub(super) fn append(&mut self, chain: &mut Chain, bytes: &[u8]) -> Result<(), Full> {
        if chain.segments_with(bytes.len()) > SHARE && chain.len() + bytes.len() <= SHARE * SEGMENT {
            self.move_to_front(chain);
        }
        let had = beside(chain.segments_with(0));
        let has = beside(chain.segments_with(bytes.len()));
        if has - had > self.spare - self.beside {
            return Err(Full);
        }
        self.segments.append(chain, bytes)?;
        self.beside += has - had;
        Ok(())
    }

    /// Copies the first bytes of `chain` to `into`, as many as there are and fit.
    pub(super) fn peek(&self, chain: &Chain, into: &mut [u8]) -> usize {
        self.segments.peek(chain, into)
    }

    /// Drops the first `count` bytes of `chain`, or all if there are fewer.
    pub(super) fn consume(&mut self, chain: &mut Chain, count: usize) {
        let had = beside(chain.segments_with(0));
        self.segments.consume(chain, count);
        self.beside -= had - beside(chain.segments_with(0));
    }

    /// Gives back all segments of `chain`.
    pub(super) fn clear(&mut self, chain: &mut Chain) {
        self.consume(chain, usize::MAX);
    }

    /// How full it is.
    #[inline]
    pub(super) fn metrics(&self) -> PoolMetrics {
        self.segments.metrics()
    }

    /// Whether the chains have these numbers of segments.
    ///
    /// # Errors
    /// If they have not.
    #[cfg(any(test, fuzzing))]
    pub(super) fn audit(&self, chains: &[usize]) -> Result<(), String> {
        let beside = chains.iter().map(|segments| beside(*segments)).sum::<usize>();
        if beside != self.beside {
            return Err(format!("{beside} segments are beside shares, and {} are counted", self.beside));
        }
        self.segments.audit(chains.iter().sum())
    }

    /// Lets the bytes of a chain, which are fewer than a segment has, begin where their segment does.
    fn move_to_front(&mut self, chain: &mut Chain) {
        let mut bytes = [0; SHARE * SEGMENT];
        let count = self.segments.peek(chain, &mut bytes);
        self.clear(chain);
        // There was room for them until now.
        let _ = self.segments.append(chain, &bytes[..count]);
    }
}

/// How many of so many segments are more than a share.
fn beside(segments: usize) -> usize {
    segments.saturating_sub(SHARE)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    const CONNECTIONS: usize = 5;

    #[derive(Clone, Debug)]
    enum Step {
        Append(usize, usize),
        Consume(usize, usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..CONNECTIONS, 0..4 * SEGMENT).prop_map(|(chain, count)| Step::Append(chain, count)),
            (0..CONNECTIONS, 0..300usize).prop_map(|(chain, count)| Step::Append(chain, count)),
            (0..CONNECTIONS, 0..3 * SEGMENT).prop_map(|(chain, count)| Step::Consume(chain, count)),
        ]
    }

    proptest! {
        /// Whatever others have, a connection finds room for its share, and for what was promised before a read.
        #[test]
        fn nobody_takes_the_share_of_another(
            spare in 0..8usize,
            steps in prop::collection::vec(step(), 0..100),
        ) {
            let mut pool = Pool::new((CONNECTIONS + spare) * SEGMENT, CONNECTIONS).unwrap();
            let mut chains: [Chain; CONNECTIONS] = [(); CONNECTIONS].map(|()| Chain::EMPTY);
            let mut models: [VecDeque<u8>; CONNECTIONS] = Default::default();
            let mut next = 0u8;
            for step in steps {
                match step {
                    Step::Append(at, count) => {
                        let bytes: Vec<u8> = (0..count).map(|_| { next = next.wrapping_add(1); next }).collect();
                        let has_room = chains[at].len() + count <= SEGMENT
                            || chains[at].is_empty() && count <= pool.room();
                        let appended = pool.append(&mut chains[at], &bytes);
                        prop_assert!(appended.is_ok() || !has_room);
                        if appended.is_ok() {
                            models[at].extend(bytes);
                        }
                    }
                    Step::Consume(at, count) => {
                        pool.consume(&mut chains[at], count);
                        models[at].drain(..count.min(models[at].len()));
                    }
                }
                for (chain, model) in chains.iter().zip(&models) {
                    let mut bytes = vec![0; chain.len()];
                    prop_assert_eq!(pool.peek(chain, &mut bytes), model.len());
                    prop_assert_eq!(&bytes, &Vec::from(model.clone()));
                }
                prop_assert_eq!(pool.audit(&chains.each_ref().map(|chain| chain.segments_with(0))), Ok(()));
            }
        }
    }

    #[test]
    fn of_a_small_pool_a_part_is_kept_for_shares() {
        let mut pool = Pool::new(8 * SEGMENT, 100).unwrap();
        let (mut greedy, mut other) = (Chain::EMPTY, Chain::EMPTY);
        assert_eq!(pool.append(&mut greedy, &[1; 4 * SEGMENT]), Err(Full));
        assert_eq!(pool.append(&mut greedy, &[1; 3 * SEGMENT]), Ok(()));
        assert_eq!(pool.append(&mut other, &[1; SEGMENT]), Ok(()));
        assert_eq!(pool.append(&mut other, &[1]), Err(Full));
    }
}
