//! Requests whose answers come later: from the handler itself or from another thread, or never.

use std::time::Duration;

use super::expected::frame;
use super::mail::Letter;
use super::service::Theatre;
use super::service::commands::{ASK, NO_ANSWER};
use super::service::gateway::{Number, Numbered};
use super::world::{State, World};
use crate::{Conn, Packet, PushError, Reply};

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Answer,
    Drop,
    Close,
    /// A call on the connection's worker answers it, or does not.
    Then,
    ThenClose,
    ThenPanic,
}

impl Outcome {
    /// As the request wants it.
    pub(super) fn of(how: u8) -> Self {
        match how & 7 {
            0 | 1 => Outcome::Answer,
            2 | 3 => Outcome::Then,
            4 => Outcome::ThenPanic,
            5 => Outcome::Drop,
            6 => Outcome::Close,
            _ => Outcome::ThenClose,
        }
    }

    /// The connection ends, as its service wants it.
    pub(super) fn closes(self) -> bool {
        matches!(self, Outcome::Close | Outcome::ThenClose)
    }

    fn answers(self) -> bool {
        matches!(self, Outcome::Answer | Outcome::Then)
    }

    fn is_by_call(self) -> bool {
        matches!(self, Outcome::Then | Outcome::ThenClose | Outcome::ThenPanic)
    }
}

/// A request that a connection waits for an answer of.
pub(super) struct Debt {
    pub(super) outcome: Outcome,
    /// Without a number, the next requests wait.
    pub(super) is_free: bool,
    /// The answer.
    pub(super) frame: Vec<u8>,
    /// It was given.
    pub(super) is_given: bool,
    /// Its call was made, if it is to be.
    pub(super) is_made: bool,
    /// It must arrive.
    pub(super) must: bool,
}

/// What somebody has to answer by.
pub(super) enum Promise {
    InOrder(u32, Reply<Number>),
    /// By this command.
    Free(u16, u16, u32, Reply<Numbered>),
}

/// Who is owed an answer, and from when on it may come.
pub(super) struct Owing {
    pub(super) client: usize,
    pub(super) debt: usize,
    pub(super) due: Duration,
    promise: Promise,
}

impl Promise {
    /// Answers, or does what is done instead.
    fn settle(self, debt: usize, outcome: Outcome) -> Option<Result<(), PushError>> {
        match self {
            Promise::InOrder(number, reply) => settle(reply, Number { number }, debt, outcome),
            Promise::Free(_, _, number, reply) => settle(reply, Numbered { id: 0, number }, debt, outcome),
        }
    }
}

fn settle<P: Packet + Send + 'static>(
    reply: Reply<P>,
    packet: P,
    debt: usize,
    outcome: Outcome,
) -> Option<Result<(), PushError>> {
    match outcome {
        Outcome::Answer => Some(reply.send(packet)),
        Outcome::Drop => None,
        Outcome::Close => {
            reply.close();
            None
        }
        Outcome::Then | Outcome::ThenClose | Outcome::ThenPanic => {
            let call =
                move |conn: &mut Conn<'_, Theatre>| Theatre::settles(conn, debt, outcome).map(|()| packet);
            Some(reply.then(call))
        }
    }
}

impl World {
    /// A handler leaves an answer for later, or gives it at once.
    pub(super) fn defer(&self, client: usize, how: u8, promise: Promise) {
        let debt = self.owe(client, Outcome::of(how), &promise);
        let mut state = self.lock();
        let delay = state.dice.pick(&[None, Some(0), Some(5), Some(1000)]).map(Duration::from_millis);
        let due = state.now + delay.unwrap_or_default();
        let owing = Owing { client, debt, due, promise };
        match delay {
            None => {
                drop(state);
                self.answer(owing);
            }
            Some(_) => state.debts.push(owing),
        }
    }

    /// An answer is owed from now on; the number of the debt.
    pub(super) fn owe(&self, client: usize, outcome: Outcome, promise: &Promise) -> usize {
        let mut state = self.lock();
        let stx = state.settings.wording.stx;
        let (is_free, frame) = match promise {
            Promise::InOrder(number, _) => (false, frame(stx, ASK, &number.to_le_bytes())),
            Promise::Free(command, id, number, _) => {
                (true, frame(stx, *command, &[&id.to_le_bytes()[..], &number.to_le_bytes()].concat()))
            }
        };
        let life = &mut state.wires[client].life;
        let debt = Debt { outcome, is_free, frame, is_given: false, is_made: false, must: false };
        life.debts.push(debt);
        life.awaits |= !is_free;
        let number = life.debts.len() - 1;
        if let Some(place) = state.wires[client].place {
            state.posts[place.worker].owed += 1;
        }
        number
    }

    /// Gives an answer, or what comes instead of it, from whatever thread.
    pub(super) fn answer(&self, owing: Owing) {
        let Owing { client, debt, promise, .. } = owing;
        let ((), posted) = self.posting(|| self.settle(client, debt, promise));
        self.given(client, debt, &posted);
    }

    /// The same; letters are not counted.
    pub(super) fn settle(&self, client: usize, debt: usize, promise: Promise) {
        let (outcome, is_open) = {
            let mut state = self.lock();
            let outcome = state.wires[client].life.debts[debt].outcome;
            state.note(format_args!("client {client}: its request {debt} comes to {outcome:?}"));
            (outcome, state.is_open(client))
        };
        let sent = promise.settle(debt, outcome);
        let is_right = match &sent {
            None => true,
            Some(Ok(())) => is_open,
            Some(Err(error)) => matches!(error, PushError::Gone(_)) && !is_open,
        };
        if !is_right {
            self.lock().violated(format!(
                "client {client}: its request is answered: {sent:?}, and it is open: {is_open}"
            ));
        }
    }

    /// A debt is settled, by so many letters to each worker.
    pub(super) fn given(&self, client: usize, debt: usize, posted: &[usize]) {
        let mut state = self.lock();
        let life = &mut state.wires[client].life;
        let its = &mut life.debts[debt];
        its.is_given = true;
        if its.outcome == Outcome::Drop && its.is_free {
            let number = its.frame.len() - size_of_val(&NO_ANSWER);
            its.frame[number..].copy_from_slice(&NO_ANSWER.to_le_bytes());
        }
        life.offered += its.frame.len();
        let Some(worker) = state.wires[client].place.map(|place| place.worker) else { return };
        let is_over = state.posts[worker].mail.as_ref().is_none_or(|mail| mail.is_over());
        let letters = if is_over { 0 } else { 1 };
        if posted[worker] != letters || posted.iter().sum::<usize>() != letters {
            state.violated(format!("client {client}: {posted:?} letters for one answer"));
        } else if !is_over {
            state.posted(worker, Letter::Answer(client, debt));
        }
    }
}

impl State {
    /// A worker has taken an answer.
    pub(super) fn answered(&mut self, worker: usize, client: usize, debt: usize) {
        self.posts[worker].owed -= 1;
        let wire = &mut self.wires[client];
        let (stays, forgives) = (wire.is_served(), self.manners[client].forgives);
        let life = &mut wire.life;
        let Debt { outcome, is_free, is_made, .. } = life.debts[debt];
        let goes_on = outcome.answers() || outcome == Outcome::Drop && forgives;
        if stays && !goes_on {
            self.violated(format!("client {client}: its request came to {outcome:?}, and it goes on"));
        } else if stays && outcome.is_by_call() && !is_made {
            self.violated(format!("client {client}: the call that is to answer request {debt} is not made"));
        } else if stays && is_free {
            // If it is dropped, it is said that nobody answers.
            life.debts[debt].must = true;
        } else if stays && life.debts.iter().rposition(|debt| !debt.is_free) == Some(debt) {
            life.awaits = false;
        }
    }

    /// Whether a connection gets mail.
    pub(super) fn is_open(&self, client: usize) -> bool {
        let wire = &self.wires[client];
        let mail = wire.place.and_then(|place| self.posts[place.worker].mail.as_ref());
        wire.is_served() && mail.is_some_and(|mail| !mail.is_over())
    }
}
