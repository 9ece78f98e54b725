//! Received bytes become frames: in place where a frame is whole, in a pooled chain until it is.

mod pool;

use std::collections::TryReserveError;
use std::sync::Arc;

use mario_proto::{Frame, Framing, HEADER_LEN, Header, ProxyHeader};

use crate::parts::buffers::{Chain, Full, Segments};
use crate::reason::Reason;
use crate::stats::{Counters, PoolMetrics, Shortage};
use pool::Pool;

/// The rules of the frames, and the pool in which incomplete ones wait.
pub(crate) struct Inbox {
    framing: Framing,
    /// A frame whose parts came one after the other is put together here.
    whole: Box<[u8]>,
    pool: Pool,
    counters: Arc<Counters>,
}

impl Inbox {
    /// An empty inbox with a pool of `pool` bytes for so many slots; an error if so much memory can't be had.
    pub(crate) fn new(
        framing: Framing,
        pool: usize,
        slots: usize,
        counters: Arc<Counters>,
    ) -> Result<Self, TryReserveError> {
        let whole = vec![0; Self::WHOLE].into_boxed_slice();
        Ok(Inbox { framing, whole, pool: Pool::new(pool, slots)?, counters })
    }

    /// A frame is put together in so many bytes.
    pub(crate) const WHOLE: usize = u16::MAX as usize;

    /// What a pool of `pool` bytes takes.
    pub(crate) fn pool_bytes(pool: usize) -> usize {
        Segments::bytes(pool)
    }

    /// The next frame of a connection, from what waits in its chain and then from the `fresh` bytes, of which it
    /// takes what it needs. `None` if there is no whole one, or never will be: then `fault` is the reason for which the
    /// connection ends.
    ///
    /// Not a `Result`, as the compiler keeps one with a [`Reason`] in memory, and the frame with it.
    #[inline]
    pub(crate) fn next<'a, 'fresh: 'a>(
        &'a mut self,
        waiting: &mut Chain,
        fresh: &mut &'fresh [u8],
        fault: &mut Option<Reason>,
    ) -> Option<Frame<'a>> {
        if !waiting.is_empty() {
            let framing = self.framing;
            let whole = self.assemble(waiting, fresh, fault)?;
            return framing.split(whole).ok().flatten().map(|(frame, _)| frame);
        }
        match self.framing.split(fresh) {
            Ok(Some((frame, rest))) => {
                *fresh = rest;
                Some(frame)
            }
            Ok(None) => None,
            Err(error) => {
                *fault = Some(Reason::Protocol(error));
                None
            }
        }
    }

    /// The header of a connection from a proxy, from what waits in its chain and then from the `fresh` bytes, of which it
    /// takes what it needs. `None` if it is not whole.
    ///
    /// # Errors
    /// The reason for which the connection ends.
    #[cold]
    pub(crate) fn proxy_header(
        &mut self,
        waiting: &mut Chain,
        fresh: &mut &[u8],
    ) -> Result<Option<ProxyHeader>, Reason> {
        let known = self.pool.peek(waiting, &mut self.whole);
        let new = fresh.len().min(ProxyHeader::MAX_LEN - known);
        let whole = &mut self.whole[..known + new];
        whole[known..].copy_from_slice(&fresh[..new]);
        match ProxyHeader::split(whole).map_err(Reason::Proxy)? {
            Some((header, rest)) => {
                *fresh = &fresh[new - rest.len()..];
                self.pool.clear(waiting);
                Ok(Some(header))
            }
            None => {
                self.keep(waiting, fresh)?;
                Ok(None)
            }
        }
    }

    /// How many bytes of a connection can be kept, whatever the others have.
    #[inline]
    pub(crate) fn room(&self) -> usize {
        self.pool.room()
    }

    /// Keeps bytes for which there is no turn yet.
    ///
    /// # Errors
    /// The reason for which the connection ends: the pool is full.
    pub(crate) fn keep(&mut self, waiting: &mut Chain, fresh: &[u8]) -> Result<(), Reason> {
        self.pool.append(waiting, fresh).map_err(|Full| {
            self.counters.shortages.count(Shortage::InputPool);
            Reason::Overflow
        })
    }

    /// How full the pool is.
    #[inline]
    pub(crate) fn pool(&self) -> PoolMetrics {
        self.pool.metrics()
    }

    /// Drops what waits for a connection.
    pub(crate) fn discard(&mut self, waiting: &mut Chain) {
        self.pool.clear(waiting);
    }

    /// Whether the connections have these numbers of the pool's segments.
    ///
    /// # Errors
    /// If they have not.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn audit(&self, chains: &[usize]) -> Result<(), String> {
        self.pool.audit(chains).map_err(|fault| format!("input: {fault}"))
    }

    /// Each byte is copied at most twice, however small the pieces are in which a frame comes.
    #[cold]
    fn assemble(
        &mut self,
        waiting: &mut Chain,
        fresh: &mut &[u8],
        fault: &mut Option<Reason>,
    ) -> Option<&[u8]> {
        match self.try_assemble(waiting, fresh) {
            Ok(frame) => frame,
            Err(reason) => {
                *fault = Some(reason);
                None
            }
        }
    }

    fn try_assemble(&mut self, waiting: &mut Chain, fresh: &mut &[u8]) -> Result<Option<&[u8]>, Reason> {
        let mut header = [0; HEADER_LEN];
        self.top_up(waiting, fresh, HEADER_LEN)?;
        if self.pool.peek(waiting, &mut header) < HEADER_LEN {
            return Ok(None);
        }
        let len = self.framing.check(Header::from_bytes(&header)).map_err(Reason::Protocol)?;
        self.top_up(waiting, fresh, len)?;
        let whole = &mut self.whole[..len];
        if self.pool.peek(waiting, whole) < len {
            return Ok(None);
        }
        self.pool.consume(waiting, len);
        Ok(Some(whole))
    }

    /// Moves bytes from `fresh` to the chain until it has `len`, as far as there are any.
    fn top_up(&mut self, waiting: &mut Chain, fresh: &mut &[u8], len: usize) -> Result<(), Reason> {
        let missing = len.saturating_sub(waiting.len()).min(fresh.len());
        let (now, later) = fresh.split_at(missing);
        self.keep(waiting, now)?;
        *fresh = later;
        Ok(())
    }
}
