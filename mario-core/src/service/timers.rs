//! What a service wants done later: for one connection, until that ends, or for a worker.

mod agenda;

use std::collections::TryReserveError;
use std::time::Duration;

use thiserror::Error;

use crate::parts::slots::Key;
use crate::reason::Close;
use crate::service::conn::Conn;
use crate::service::{Service, Worker};
use agenda::{Agenda, Ticket};

/// A call that waits for its time, to [cancel](crate::Conn::cancel) it. It is worth nothing once that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer(Ticket);

/// Why a call can't be had later.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimerError {
    /// The worker has no timer left.
    #[error(
        "all {0} timers of the worker are taken: cancel those that are not needed, or set `Builder::timers` higher"
    )]
    Full(usize),
    /// The connection has ended, or is about to.
    #[error("the connection is closed, and its timers with it")]
    Closed,
}

impl From<TimerError> for Close {
    fn from(_: TimerError) -> Self {
        Close
    }
}

/// More have no number.
pub(crate) const MOST_TIMERS: usize = 1 << 31;

/// What is done for a connection.
pub(crate) type ForConn<S> = fn(&mut Conn<'_, S>);

/// What is done for a worker.
pub(crate) type ForWorker<S> = fn(&S, &mut Worker<'_, S>);

/// The timers of one worker.
pub(crate) struct Timers<S: Service> {
    /// On the worker's clock.
    now: Duration,
    agenda: Agenda<Task<S>>,
    /// For each slot the place of the first of its connection's timers, plus 1; 0 is none. As long as the highest slot
    /// that ever had one.
    first: Vec<u32>,
    slots: usize,
}

enum Task<S: Service> {
    Conn {
        key: Key,
        call: ForConn<S>,
        /// The places of the other timers of this connection, as in `Timers::first`.
        previous: u32,
        next: u32,
    },
    Worker {
        call: ForWorker<S>,
        /// In milliseconds; once only without one.
        period: Option<u64>,
    },
}

/// A call whose time has come.
pub(crate) enum Due<S: Service> {
    Conn(Key, ForConn<S>),
    Worker(ForWorker<S>),
}

impl<S: Service> Timers<S> {
    /// Room for so many timers of so many slots, or an error if so much memory can't be had.
    pub(crate) fn new(timers: usize, slots: usize) -> Result<Self, TryReserveError> {
        let mut first = Vec::new();
        first.try_reserve_exact(if timers == 0 { 0 } else { slots })?;
        Ok(Timers { now: Duration::ZERO, agenda: Agenda::new(timers)?, first, slots })
    }

    /// What room for so many timers of so many slots takes.
    pub(crate) fn bytes(timers: usize, slots: usize) -> usize {
        Agenda::<Task<S>>::bytes(timers) + if timers == 0 { 0 } else { slots * size_of::<u32>() }
    }

    /// Time has passed.
    pub(crate) fn now(&self) -> Duration {
        self.now
    }

    #[inline]
    pub(crate) fn set_now(&mut self, now: Duration) {
        self.now = now;
    }

    pub(crate) fn for_conn(
        &mut self,
        key: Key,
        delay: Duration,
        call: ForConn<S>,
    ) -> Result<Timer, TimerError> {
        let next = self.first.get(key.index as usize).copied().unwrap_or_default();
        let ticket = self.add(delay, Task::Conn { key, call, previous: 0, next })?;
        let slot = key.index as usize;
        if slot >= self.first.len() {
            debug_assert!(slot < self.slots);
            self.first.resize(slot + 1, 0);
        }
        self.first[slot] = ticket.place + 1;
        if let Some(Task::Conn { previous, .. }) = self.linked(next) {
            *previous = ticket.place + 1;
        }
        Ok(Timer(ticket))
    }

    pub(crate) fn for_worker(
        &mut self,
        delay: Duration,
        period: Option<Duration>,
        call: ForWorker<S>,
    ) -> Result<Timer, TimerError> {
        let period = period.map(|period| millis(period).max(1));
        self.add(delay, Task::Worker { call, period }).map(Timer)
    }

    /// Forgets a timer of this connection; whether there was one.
    pub(crate) fn cancel_for_conn(&mut self, key: Key, timer: Timer) -> bool {
        let is_its = matches!(self.agenda.get(timer.0), Some(Task::Conn { key: owner, .. }) if *owner == key);
        is_its && self.take(timer.0.place).is_some()
    }

    /// Forgets a timer of the worker; whether there was one.
    pub(crate) fn cancel_for_worker(&mut self, timer: Timer) -> bool {
        let is_its = matches!(self.agenda.get(timer.0), Some(Task::Worker { .. }));
        is_its && self.take(timer.0.place).is_some()
    }

    /// Forgets all timers of the connection in a slot.
    #[inline]
    pub(crate) fn clear(&mut self, slot: u32) {
        while let Some(place) = self.first.get(slot as usize).and_then(|place| place.checked_sub(1)) {
            self.take(place);
        }
    }

    /// When the next call is due, on the worker's clock.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.agenda.next().map(|(at, _)| Duration::from_millis(at))
    }

    /// The next call whose time has come.
    pub(crate) fn due(&mut self) -> Option<Due<S>> {
        let (at, place) = self.agenda.next().filter(|(at, _)| Duration::from_millis(*at) <= self.now)?;
        if let Some(&mut Task::Worker { call, period: Some(period) }) = self.agenda.at_mut(place) {
            // After a long pause it comes once, not as often as it was missed.
            self.agenda.postpone(place, at.saturating_add(period).max(millis(self.now)));
            return Some(Due::Worker(call));
        }
        match self.take(place)? {
            Task::Conn { key, call, .. } => Some(Due::Conn(key, call)),
            Task::Worker { call, .. } => Some(Due::Worker(call)),
        }
    }

    fn add(&mut self, delay: Duration, task: Task<S>) -> Result<Ticket, TimerError> {
        let at = millis(self.now.saturating_add(delay));
        self.agenda.add(at, task).map_err(|_| TimerError::Full(self.agenda.capacity()))
    }

    fn take(&mut self, place: u32) -> Option<Task<S>> {
        let task = self.agenda.take(place)?;
        if let Task::Conn { key, previous: before, next: after, .. } = &task {
            match self.linked(*before) {
                Some(Task::Conn { next, .. }) => *next = *after,
                _ => self.first[key.index as usize] = *after,
            }
            if let Some(Task::Conn { previous, .. }) = self.linked(*after) {
                *previous = *before;
            }
        }
        Some(task)
    }

    fn linked(&mut self, place: u32) -> Option<&mut Task<S>> {
        self.agenda.at_mut(place.checked_sub(1)?)
    }
}

/// Rounded up, so that nothing comes early.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
