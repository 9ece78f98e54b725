//! What workers are asked to do with their connections by mail: a model of their letters, which are taken in the order in
//! which they were left, and of what must have come of each once it was taken.

use std::collections::VecDeque;
use std::mem::take;
use std::sync::Arc;

use mario_proto::Overflow;

use super::checks::is_calm;
use super::service::calls::Called;
use super::wire::{Life, Wire};
use super::world::{Post, State, World};
use crate::worker::Delivered;

/// A letter to a worker. Clients are named by their numbers.
pub(super) enum Letter {
    Push(Vec<usize>, Push),
    /// To those of them that are this user's when it comes to it.
    PushToUser(Vec<usize>, u64, Push),
    PushToGroup(usize, Push),
    PushToAll(Push),
    Join(usize, usize),
    Leave(usize, usize),
    Close(usize),
    /// Of a client, the call of this number.
    Call(usize, usize),
    /// Who is this user's, and not among its connections any more.
    Kick(usize, u64),
    /// Of a client, to which of its requests that are answered later.
    Answer(usize, usize),
    /// Which of its connections are slow.
    Survey,
    Die,
}

/// A message, which is like no other.
#[derive(Clone)]
pub(super) struct Push {
    pub(super) serial: u32,
    pub(super) frame: Arc<[u8]>,
    pub(super) overflow: Overflow,
    pub(super) topic: usize,
}

/// A message that one connection was to get.
pub(super) struct Offer {
    pub(super) push: Push,
    /// It was among those who were to get it, went on being served, and nothing else can be the reason that it has not got
    /// it.
    pub(super) must: bool,
}

/// A push that a worker has begun with.
struct InHand {
    /// To whom it goes, for certain or perhaps.
    to: Vec<(usize, bool)>,
    push: Push,
    /// Those who come meanwhile may get it too.
    is_to_all: bool,
    /// Those who are another one's meanwhile do not get it.
    user: Option<u64>,
    /// Those for whom so much may have waited in one of its steps that it was dropped.
    busy: Vec<usize>,
    /// Those for whom it may have found no room to be kept.
    crowded: Vec<usize>,
}

/// The letters of a worker.
#[derive(Default)]
pub(super) struct Bag {
    pub(super) letters: VecDeque<Letter>,
    taken: u64,
    /// The one that some have not got yet.
    in_hand: Option<InHand>,
    /// How many pushes must have been counted, and how many may have been.
    pub(super) least: u64,
    pub(super) most: u64,
}

impl World {
    /// Does what may leave letters; the answer is also how many each worker got.
    pub(super) fn posting<R>(&self, act: impl FnOnce() -> R) -> (R, Vec<usize>) {
        let queued = |world: &World| -> Vec<_> {
            world
                .lock()
                .posts
                .iter()
                .filter_map(|post| post.mail.as_ref())
                .map(|mail| mail.queued())
                .collect()
        };
        let before = queued(self);
        let result = act();
        let after = queued(self);
        (result, after.into_iter().zip(before).map(|(after, before)| after.saturating_sub(before)).collect())
    }
}

impl State {
    /// A letter was left for a worker.
    pub(super) fn posted(&mut self, worker: usize, letter: Letter) {
        let Post { bag, broadcast, .. } = &mut self.posts[worker];
        match &letter {
            Letter::Push(to, push) | Letter::PushToUser(to, _, push) => {
                bag.least += to.len() as u64;
                bag.most += to.len() as u64;
                for wire in to {
                    self.wires[*wire].life.offered += push.frame.len();
                }
            }
            Letter::PushToGroup(_, push) | Letter::PushToAll(push) => *broadcast += push.frame.len(),
            _ => {}
        }
        bag.letters.push_back(letter);
        for wire in &mut self.wires {
            wire.is_seen &= wire.place.is_none_or(|place| place.worker != worker);
        }
    }

    /// The worker has made a step, in which it took letters. What it asks of each connection is done if that is served
    /// yet, and may be if it has ended meanwhile.
    pub(super) fn settle(&mut self, worker: usize, delivered: Delivered) {
        let Delivered { taken, is_amid } = delivered;
        let mut bag = take(&mut self.posts[worker].bag);
        if let Some(InHand { to, is_to_all: true, .. }) = &mut bag.in_hand {
            // In each step some may come, get it, and be gone before the next one.
            let come = |(wire, _): &(usize, bool)| to.iter().all(|(other, _)| other != wire);
            let come: Vec<_> = self.all_of(worker).into_iter().filter(come).collect();
            bag.most += come.len() as u64;
            to.extend(come.into_iter().map(|(wire, _)| (wire, false)));
        }
        if let Some(hand) = bag.in_hand.take() {
            let goes_on = is_amid && bag.taken == taken;
            self.deliver(&mut bag, hand, goes_on);
        }
        while bag.taken < taken {
            let Some(letter) = bag.letters.pop_front() else {
                self.violated(format!("worker {worker} has taken a letter that nobody has left"));
                break;
            };
            bag.taken += 1;
            let is_to_all = matches!(letter, Letter::PushToAll(_));
            let all = |to: Vec<usize>| to.into_iter().map(|wire| (wire, true)).collect();
            let (mut to, user, push) = match letter {
                Letter::Push(to, push) => (all(to), None, push),
                Letter::PushToUser(to, user, push) => (all(to), Some(user), push),
                Letter::PushToGroup(group, push) => {
                    (count(&mut bag, self.members(worker, group)), None, push)
                }
                Letter::PushToAll(push) => {
                    let to = self.all_of(worker);
                    // Who ends before it is its turn is not counted.
                    bag.most += to.len() as u64;
                    (to, None, push)
                }
                other => {
                    self.obey(worker, &other);
                    continue;
                }
            };
            to.retain(|(wire, _)| self.wires[*wire].life.connected && !self.wires[*wire].was_ended);
            let hand = InHand { to, push, is_to_all, user, busy: Vec::new(), crowded: Vec::new() };
            let goes_on = is_amid && bag.taken == taken;
            self.deliver(&mut bag, hand, goes_on);
        }
        self.posts[worker].bag = bag;
    }

    /// A worker has made a step in which some got a push; others are yet to get it if it `goes_on`.
    fn deliver(&mut self, bag: &mut Bag, mut hand: InHand, goes_on: bool) {
        for (wire, certain) in &mut hand.to {
            let its = &self.wires[*wire];
            *certain &= hand.user.is_none_or(|user| its.is_bound_to(user));
            if !is_calm(self, its) {
                hand.busy.push(*wire);
            }
        }
        if hand.push.overflow == Overflow::KeepLatest {
            let crowded = hand.to.iter().map(|(wire, _)| *wire).filter(|wire| !self.keeps(*wire, &hand.push));
            hand.crowded.extend(crowded.collect::<Vec<_>>());
        }
        if goes_on {
            bag.in_hand = Some(hand);
        } else {
            bag.least += if hand.is_to_all { self.certain(&hand.to) } else { 0 };
            self.offer(&hand);
        }
    }

    /// Does what a letter asks for that is no push.
    fn obey(&mut self, worker: usize, letter: &Letter) {
        match *letter {
            Letter::Join(wire, group) => self.joined(worker, wire, group),
            Letter::Leave(wire, group) => self.left(wire, group),
            Letter::Close(wire) if self.wires[wire].is_served() => {
                self.violated(format!("client {wire}: it was closed, and goes on"));
            }
            Letter::Call(wire, call) => self.called(wire, call),
            Letter::Kick(wire, user) => {
                let is_replaced = !self.users.get(&user).is_some_and(|list| list.contains(&wire));
                let wire_of = &self.wires[wire];
                if wire_of.is_served() && wire_of.is_bound_to(user) && is_replaced {
                    self.violated(format!("client {wire}: its user has come by another one, and it goes on"));
                }
            }
            Letter::Answer(wire, debt) => self.answered(worker, wire, debt),
            _ => {}
        }
    }

    /// A worker has taken a call.
    fn called(&mut self, number: usize, call: usize) {
        let wire = &mut self.wires[number];
        let is_served = wire.is_served();
        let Life { calls, offers, marks, .. } = &mut wire.life;
        let Called { is_made, news } = calls[call];
        marks.extend(news.map(|news| (news, offers.len())));
        if is_served && !is_made {
            self.violated(format!("client {number}: call {call} is not made"));
        }
    }

    /// How many must have got a letter, as they are served yet.
    fn certain(&self, to: &[(usize, bool)]) -> u64 {
        to.iter().filter(|(wire, certain)| *certain && self.wires[*wire].is_served()).count() as u64
    }

    fn offer(&mut self, hand: &InHand) {
        let InHand { to, push, busy, crowded, .. } = hand;
        for (number, certain) in to {
            let certain = *certain && self.wires[*number].is_served();
            let takes = push.overflow == Overflow::Close || !busy.contains(number);
            let life = &mut self.wires[*number].life;
            life.offers.push(Offer { push: push.clone(), must: certain && takes });
            if push.overflow == Overflow::KeepLatest && certain && !crowded.contains(number) {
                life.kept.latest[push.topic] = push.serial;
            }
        }
    }

    /// All connections of a worker, and whether they were there before this step.
    fn all_of(&self, worker: usize) -> Vec<(usize, bool)> {
        let has_slot = |wire: &Wire| wire.is_of(worker) && !wire.was_gone;
        (0..self.wires.len())
            .filter(|wire| has_slot(&self.wires[*wire]))
            .map(|wire| (wire, self.wires[wire].was_served))
            .collect()
    }
}

/// Counts pushes to many that a worker begins with.
fn count(bag: &mut Bag, to: Vec<(usize, bool)>) -> Vec<(usize, bool)> {
    bag.least += to.iter().filter(|(_, certain)| *certain).count() as u64;
    bag.most += to.len() as u64;
    to
}
