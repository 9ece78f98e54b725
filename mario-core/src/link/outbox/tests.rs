//! Messages to a peer that reads as it likes, against a model of what must reach it.

use proptest::prelude::*;

use super::*;
use crate::link::ConnId;
use crate::net::sim::SimStream;
use crate::parts::slots::Key;

const MARKS: Marks = Marks { low_water: 100, high_water: 400, limit: 2000 };

/// How much is kept aside at most.
const KEEPING: Keeping = Keeping { each: 4, bytes: 900 };

/// With which there are places for one message of each connection, and three more.
const SLOTS: usize = 3;

/// Of the commands 0 to 4, how each overflows.
const OVERFLOWS: [Overflow; 5] =
    [Overflow::Close, Overflow::DropNewest, Overflow::KeepLatest, Overflow::KeepLatest, Overflow::KeepLatest];

#[derive(Clone, Debug)]
enum Step {
    /// A message of this command and key, so long.
    Push(u16, u64, usize),
    /// The peer reads so much.
    Read(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..5u16, 0..2u64, 1..300usize).prop_map(|(command, key, len)| Step::Push(command, key, len)),
        1 => (1..800usize).prop_map(Step::Read),
    ];
    prop::collection::vec(step, 0..150)
}

struct Rig {
    outbox: Outbox,
    stream: SimStream,
    link: Link,
}

impl Rig {
    fn new(pool: usize) -> Rig {
        let link = Link::new(ConnId::new(0, Key { index: 1, generation: 0 }), ([127, 0, 0, 1], 1).into());
        Rig {
            outbox: Outbox::new(0, MARKS, pool, (KEEPING, SLOTS), Arc::default()).unwrap(),
            stream: SimStream::default(),
            link,
        }
    }

    fn push(&mut self, command: u16, key: u64, frame: &[u8]) -> Result<Delivered, Reason> {
        let overflow = OVERFLOWS[usize::from(command)];
        let message = Message::new(command, overflow, frame.into()).keyed(key);
        self.outbox.deliver(&mut self.stream, &mut self.link, &message, overflow)
    }

    fn read(&mut self, count: usize) {
        self.stream.0.borrow_mut().room += count;
        self.outbox.drain(&mut self.stream, &mut self.link).unwrap();
        while let Some(message) = self.outbox.next_kept(&self.link) {
            self.outbox.deliver(&mut self.stream, &mut self.link, &message, Overflow::Close).unwrap();
        }
    }

    fn received(&self) -> Vec<u8> {
        self.stream.0.borrow().received.clone()
    }
}

/// What must reach the peer, in this order, and what waits aside.
#[derive(Default)]
struct Model {
    wire: Vec<u8>,
    /// How much of it the peer has read or may read.
    allowed: usize,
    paused: bool,
    kept: Vec<((u16, u64), Vec<u8>)>,
}

impl Model {
    fn waiting(&self) -> usize {
        self.wire.len().saturating_sub(self.allowed)
    }

    fn push(&mut self, command: u16, key: u64, frame: &[u8]) -> Result<Delivered, Reason> {
        match OVERFLOWS[usize::from(command)] {
            Overflow::DropNewest if self.paused => Ok(Delivered::Dropped),
            Overflow::KeepLatest if self.paused => Ok(self.keep((command, key), frame)),
            _ => self.write(frame).map(|()| Delivered::Sent),
        }
    }

    fn keep(&mut self, subject: (u16, u64), frame: &[u8]) -> Delivered {
        let older = self.kept.iter().position(|(kept, _)| *kept == subject);
        let others = self.kept.iter().enumerate().filter(|(place, _)| Some(*place) != older);
        let weight = |frame: &[u8]| Message::new(0, Overflow::Close, frame.into()).bytes();
        if others.map(|(_, (_, kept))| weight(kept)).sum::<usize>() + weight(frame) > KEEPING.bytes {
            return Delivered::Dropped;
        }
        match older {
            Some(place) => self.kept[place].1 = frame.to_vec(),
            None if self.kept.len() == KEEPING.each => {}
            None => {
                self.kept.push((subject, frame.to_vec()));
                return Delivered::Kept;
            }
        }
        Delivered::Dropped
    }

    fn write(&mut self, frame: &[u8]) -> Result<(), Reason> {
        self.wire.extend(frame);
        if self.waiting() > MARKS.limit {
            return Err(Reason::Overflow);
        }
        self.paused |= self.waiting() > MARKS.high_water;
        Ok(())
    }

    fn read(&mut self, count: usize) {
        self.allowed += count;
        if self.waiting() <= MARKS.low_water {
            self.paused = false;
        }
        while !self.paused && !self.kept.is_empty() {
            let (_, frame) = self.kept.remove(0);
            self.write(&frame).unwrap();
        }
    }
}

proptest! {
    #[test]
    fn each_policy_is_kept(steps in steps()) {
        let (mut rig, mut model) = (Rig::new(1 << 16), Model::default());
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Push(command, key, len) => {
                    let frame = vec![number as u8; len];
                    let outcome = rig.push(command, key, &frame);
                    prop_assert_eq!(outcome, model.push(command, key, &frame));
                    if outcome.is_err() {
                        return Ok(());
                    }
                }
                Step::Read(count) => {
                    rig.read(count);
                    model.read(count);
                }
            }
            prop_assert_eq!(rig.received(), &model.wire[..model.wire.len() - model.waiting()]);
            prop_assert_eq!((rig.link.output.len(), rig.link.is_paused()), (model.waiting(), model.paused));
        }
        rig.read(1 << 20);
        model.read(1 << 20);
        prop_assert_eq!(rig.received(), model.wire);
        prop_assert_eq!((rig.link.output.len(), rig.outbox.forget(&rig.link)), (0, 0));
    }
}

#[test]
fn where_others_use_up_the_pool_the_newest_is_dropped_and_all_else_closes() {
    let mut rig = Rig::new(2048);
    let mut other = Link::new(ConnId::new(0, Key { index: 0, generation: 0 }), rig.link.peer.addr());
    let frame = Message::new(0, Overflow::Close, vec![1; 300].into());
    let waits = rig.outbox.deliver(&mut SimStream::default(), &mut other, &frame, Overflow::Close);
    assert_eq!((waits, rig.link.is_paused()), (Ok(Delivered::Sent), false));
    assert_eq!(rig.push(1, 0, &[2; 50]), Ok(Delivered::Dropped));
    assert_eq!(rig.push(2, 0, &[2; 50]), Err(Reason::Overflow));
    assert_eq!(rig.push(0, 0, &[2; 50]), Err(Reason::Overflow));
    rig.stream.0.borrow_mut().room = 20;
    assert_eq!(rig.push(1, 0, &[2; 50]), Err(Reason::Overflow), "a part of it has left");
}
