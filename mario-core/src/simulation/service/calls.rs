//! What other threads have done on a connection's worker, with all that a handler has.

use super::Theatre;
use super::commands::NEWS;
use super::gateway::{binds, enters};
use crate::simulation::debts::Outcome;
use crate::simulation::dice::Dice;
use crate::simulation::groups::GROUPS;
use crate::simulation::others::USERS;
use crate::{Close, Conn, Others};

/// What a call does.
#[derive(Clone, Copy, Debug)]
pub(in crate::simulation) enum Work {
    Tell,
    Enter(usize),
    Bind(u64, Others),
    Close,
    Panic,
}

/// A call of another thread for a connection, as the model has it.
#[derive(Clone, Copy, Default)]
pub(in crate::simulation) struct Called {
    pub(in crate::simulation) is_made: bool,
    /// By this news its client sees it.
    pub(in crate::simulation) news: Option<usize>,
}

impl Work {
    pub(in crate::simulation) fn new(dice: &mut Dice) -> Self {
        match dice.below(12) {
            0..7 => Work::Tell,
            7 | 8 => Work::Enter(dice.below(GROUPS)),
            9 => Work::Bind(dice.below(USERS) as u64, Others::Kick),
            10 => Work::Close,
            _ => Work::Panic,
        }
    }

    /// Does it, as the call of this number.
    pub(in crate::simulation) fn perform(self, conn: &mut Conn<'_, Theatre>, number: usize) {
        let service = conn.service();
        let mut is_late = false;
        let client = service.note(conn, "a call of another thread", |life, _| {
            is_late = life.calls[number..].iter().any(|call| call.is_made);
            life.calls[number].is_made = true;
        });
        if is_late {
            service
                .world
                .lock()
                .violated(format!("client {client}: call {number} is made after a later one"));
        }
        match self {
            Work::Tell => {
                let place = service.world.lock().wires[client].life.news.len();
                Theatre::tell(conn, NEWS, &[b"call", &(number as u32).to_le_bytes()[..]].concat());
                let life = &mut service.world.lock().wires[client].life;
                life.calls[number].news = (life.news.len() > place).then_some(place);
            }
            Work::Enter(group) => enters(conn, group),
            Work::Bind(user, others) => binds(conn, user, others),
            Work::Close => {
                conn.close();
                service.note(conn, "closed by a call", |life, _| life.closed = true);
            }
            Work::Panic => {
                service.note(conn, "a call panics", |life, _| life.panicked = true);
                service.panics("a call");
            }
        }
    }
}

impl Theatre {
    /// A request comes to what a call on its connection's worker makes of it.
    pub(in crate::simulation) fn settles(
        conn: &mut Conn<'_, Self>,
        debt: usize,
        outcome: Outcome,
    ) -> Result<(), Close> {
        conn.admit();
        let service = conn.service();
        service.note(conn, "the call of an answer", |life, _| {
            life.admitted = true;
            life.debts[debt].is_made = true;
            life.panicked |= outcome == Outcome::ThenPanic;
        });
        match outcome {
            Outcome::ThenClose => Err(Close),
            Outcome::ThenPanic => service.panics("the call of an answer"),
            _ => Ok(()),
        }
    }
}
