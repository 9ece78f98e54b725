//! The tickets of a worker's connections.

use std::collections::TryReserveError;
use std::net::IpAddr;
use std::sync::Arc;

use super::{Census, Ticket};

/// Which of a worker's connections are counted for their address, until their slots are free again. Without a count it
/// has no memory.
#[derive(Debug)]
pub(crate) struct Guests {
    census: Option<Arc<Census>>,
    tickets: Vec<Option<Ticket>>,
}

impl Guests {
    /// Room for so many slots, or an error if so much memory can't be had.
    pub(crate) fn new(census: Option<Arc<Census>>, slots: usize) -> Result<Self, TryReserveError> {
        let mut tickets = Vec::new();
        if census.is_some() {
            tickets.try_reserve_exact(slots)?;
        }
        Ok(Guests { census, tickets })
    }

    /// What tickets of so many slots take.
    pub(crate) fn bytes(slots: usize) -> usize {
        slots * size_of::<Option<Ticket>>()
    }

    /// A connection takes a slot, perhaps with a ticket.
    pub(crate) fn seat(&mut self, slot: u32, ticket: Option<Ticket>) {
        let slot = slot as usize;
        if ticket.is_none() {
            return;
        }
        if slot >= self.tickets.len() {
            self.tickets.resize_with(slot + 1, || None);
        }
        self.tickets[slot] = ticket;
    }

    /// A connection that has a slot turns out to be this client's; whether it may stay.
    pub(crate) fn receive(&mut self, slot: u32, client: IpAddr) -> bool {
        let Some(census) = &self.census else { return true };
        let ticket = census.enter(client);
        let may_stay = ticket.is_some();
        self.seat(slot, ticket);
        may_stay
    }

    /// The slot is free again.
    pub(crate) fn leave(&mut self, slot: u32) {
        if let Some(ticket) = self.tickets.get_mut(slot as usize) {
            *ticket = None;
        }
    }
}
