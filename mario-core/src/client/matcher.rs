//! Which call a frame answers.
//!
//! The header has no number, so there are two ways to tell. If request and reply have a correlation, the number in it
//! tells. If not, the order does: a server answers the requests of one command in their order.
//!
//! A call that is given up keeps its place until its reply comes, so that the reply is not taken for that of the next.

use std::collections::{HashMap, VecDeque};

use super::correlation::Correlation;

/// How many calls of one command may be unanswered, those that were given up included.
pub(super) const LIMIT: usize = 4096;

/// The calls of one connection that are not answered; `W` waits for a reply.
pub(super) struct Matcher<W> {
    unanswered: HashMap<u16, VecDeque<Call<W>>>,
    tickets: u64,
    numbers: u64,
}

struct Call<W> {
    ticket: u64,
    number: Option<Number>,
    /// `None` once it is given up.
    waiting: Option<W>,
}

/// Names a call that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    command: u16,
    ticket: u64,
}

/// The number that a call is matched by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    pub(super) value: u64,
    correlation: Correlation,
}

/// Too many calls of the command are unanswered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Busy;

/// Whom a frame is for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrival<W> {
    /// The call that waits for it.
    For(W),
    /// A call that was given up.
    Late,
    /// No call.
    Nobody,
    /// One of several calls, but its number can't be read.
    Unreadable,
}

impl<W> Matcher<W> {
    pub(super) fn new() -> Self {
        Matcher { unanswered: HashMap::new(), tickets: 0, numbers: 0 }
    }

    /// A number that no unanswered call of the command has.
    pub(super) fn number(&mut self, command: u16, correlation: Correlation) -> Result<Number, Busy> {
        let calls = self.unanswered.entry(command).or_default();
        let is_taken = |value| calls.iter().any(|call| call.number.is_some_and(|taken| taken.value == value));
        // Among one more than there are calls, one is free; unless there are not so many numbers.
        for _ in 0..=calls.len() {
            self.numbers = self.numbers.wrapping_add(1);
            let value = self.numbers & correlation.largest;
            if !is_taken(value) {
                return Ok(Number { value, correlation });
            }
        }
        Err(Busy)
    }

    /// From now on, a frame may be the reply to this call; with no one to wait for it, it is given up already.
    pub(super) fn expect(
        &mut self,
        command: u16,
        number: Option<Number>,
        waiting: Option<W>,
    ) -> Result<Ticket, Busy> {
        let calls = self.unanswered.entry(command).or_default();
        if calls.len() >= LIMIT {
            // Its number is long out of use: should its reply come after all, nobody takes it for another.
            let oldest = calls.iter().position(|call| call.waiting.is_none() && call.number.is_some());
            calls.remove(oldest.ok_or(Busy)?);
        }
        self.tickets += 1;
        calls.push_back(Call { ticket: self.tickets, number, waiting });
        Ok(Ticket { command, ticket: self.tickets })
    }

    /// Whom a frame is for; that call is then answered.
    pub(super) fn arrive(&mut self, command: u16, payload: &[u8]) -> Arrival<W> {
        let Some(calls) = self.unanswered.get_mut(&command) else { return Arrival::Nobody };
        let mut unreadable = false;
        // Calls of one command have their numbers at the same place: it is read once.
        let mut read: Option<(Correlation, Option<u64>)> = None;
        let by_number = calls.iter().position(|call| {
            let Some(Number { value, correlation }) = call.number else { return false };
            let found = match read {
                Some((last, found)) if last.reads_like(&correlation) => found,
                _ => correlation.read(payload),
            };
            read = Some((correlation, found));
            unreadable |= found.is_none();
            found == Some(value)
        });
        let by_order = || calls.iter().position(|call| call.number.is_none());
        let only_one = || (unreadable && calls.len() == 1).then_some(0);
        match by_number.or_else(by_order).or_else(only_one).and_then(|index| calls.remove(index)) {
            Some(Call { waiting: Some(waiting), .. }) => Arrival::For(waiting),
            Some(Call { waiting: None, .. }) => Arrival::Late,
            None if unreadable => Arrival::Unreadable,
            None => Arrival::Nobody,
        }
    }

    /// Nobody waits for the reply any more. `false` if it has come before.
    pub(super) fn give_up(&mut self, Ticket { command, ticket }: Ticket) -> bool {
        let Some(calls) = self.unanswered.get_mut(&command) else { return false };
        match calls.binary_search_by_key(&ticket, |call| call.ticket) {
            Ok(index) => calls[index].waiting.take().is_some(),
            Err(_) => false,
        }
    }

    /// Nothing comes any more: all who wait.
    pub(super) fn end(&mut self) -> impl Iterator<Item = W> + use<W> {
        let unanswered = std::mem::take(&mut self.unanswered);
        unanswered.into_values().flatten().filter_map(|call| call.waiting)
    }
}

#[cfg(test)]
mod tests;
