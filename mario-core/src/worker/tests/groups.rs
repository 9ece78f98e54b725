//! Messages to many, and what may happen while a worker is amid them.

use super::*;
use crate::link::message::Message;
use crate::parts::name::Name;

const NEWS: u16 = 0x0201;

/// How many bytes a message is on the wire.
const BYTES: usize = 12;

fn group() -> Name {
    Name::from(5u64)
}

/// A worker with so many connections, and room for others.
fn rig(count: usize) -> (Rig, Vec<Key>, Connections) {
    let mut plan = Rig::new(1).worker.plan.clone();
    (plan.connections, plan.rules.slots, plan.memberships) = (2 * count, 2 * count, 2 * count);
    let mut rig = Rig::with(plan);
    for _ in 0..count {
        rig.connect();
    }
    let connections = Connections::new::<Witness, _>(STX, &[Arc::clone(&rig.worker.mailbox)]);
    let keys = rig.worker.slots.keys();
    (rig, keys, connections)
}

fn news(connections: &Connections) -> Message {
    connections.message(NEWS, &Payload(b"news")).unwrap()
}

impl Rig {
    fn join(&mut self, key: Key) {
        self.worker.exchange.groups().join(key, group()).unwrap();
    }

    fn end_one(&mut self, key: Key) {
        let connection = self.worker.slots.get_mut(key).unwrap();
        self.worker.exchange.end(connection, Reason::Service);
        self.worker.after(key, Turn::default());
    }

    /// How many messages each peer has got.
    fn got(&self) -> Vec<usize> {
        self.peers.iter().map(|peer| peer.0.borrow().received.len() / BYTES).collect()
    }

    fn deliver_rest(&mut self) {
        while self.worker.delivery.has_work() {
            self.worker.deliver();
        }
    }
}

#[test]
fn exactly_those_get_it_who_are_members_when_it_begins() {
    const COUNT: usize = 4 * DELIVERIES;
    let (mut rig, keys, connections) = rig(COUNT + 10);
    let (members, outsiders) = keys.split_at(COUNT);
    members.iter().for_each(|key| rig.join(*key));
    connections.push_message_to_group(group(), &news(&connections)).unwrap();
    rig.worker.deliver();
    assert_eq!(rig.got().iter().sum::<usize>(), DELIVERIES, "a slice");
    // One of those who have it leaves and joins again, and so does one who has it not; some leave, some end, and others
    // come in their slots and join, as outsiders do.
    for key in [members[0], members[COUNT - 1]] {
        assert!(rig.worker.exchange.groups().leave(key, group()));
        rig.join(key);
    }
    for key in &members[COUNT - 20..COUNT - 10] {
        assert!(rig.worker.exchange.groups().leave(*key, group()));
    }
    rig.worker.deliver();
    let ended = DELIVERIES * 3..DELIVERIES * 3 + 10;
    members[ended.clone()].iter().for_each(|key| rig.end_one(*key));
    for slot in ended.clone().rev() {
        rig.connect();
        let key = rig.worker.slots.key_at(members[slot].index).expect("the slot is taken again");
        assert_ne!(key, members[slot]);
        rig.join(key);
    }
    outsiders.iter().for_each(|key| rig.join(*key));
    rig.deliver_rest();
    let expected = |peer: usize| usize::from(peer < COUNT && !ended.contains(&peer));
    assert_eq!(rig.got(), (0..rig.peers.len()).map(expected).collect::<Vec<_>>());
    let pushes = &rig.worker.mailbox.counters.pushes;
    assert_eq!((pushes.sent.get(), pushes.gone.get()), ((COUNT - 10) as u64, 10));
    // And the next one reaches those who are in it now.
    connections.push_message_to_group(group(), &news(&connections)).unwrap();
    rig.deliver_rest();
    let next = |peer: usize| {
        let has_left = (COUNT - 20..COUNT - 10).contains(&peer);
        expected(peer) + usize::from(!ended.contains(&peer) && !has_left)
    };
    assert_eq!(rig.got(), (0..rig.peers.len()).map(next).collect::<Vec<_>>());
}

#[test]
fn a_message_to_all_is_sliced_from_its_begin_and_looks_at_few_slots_at_a_time() {
    const COUNT: usize = 2 * DELIVERIES;
    let (mut rig, keys, connections) = rig(COUNT);
    connections.push_message_to_all(&news(&connections)).unwrap();
    rig.worker.deliver();
    assert_eq!(rig.got().iter().sum::<usize>(), DELIVERIES);
    rig.end_one(keys[COUNT - 1]);
    rig.deliver_rest();
    assert_eq!(rig.got().iter().filter(|count| **count == 1).count(), COUNT - 1);
    // Where hardly anybody is, it takes few rounds, and each who is there gets it once.
    keys[1..COUNT - 2].iter().for_each(|key| rig.end_one(*key));
    connections.push_message_to_all(&news(&connections)).unwrap();
    rig.worker.deliver();
    let got = rig.got();
    assert_eq!((got[0], got[1], got[COUNT - 2], got[COUNT - 1]), (2, 1, 2, 0));
    assert!(!rig.worker.delivery.has_work());
}

#[test]
fn requests_are_answered_amid_a_message_to_many() {
    const COUNT: usize = 4 * DELIVERIES;
    let (mut rig, keys, connections) = rig(COUNT + 1);
    keys[..COUNT].iter().for_each(|key| rig.join(*key));
    connections.push_message_to_group(group(), &news(&connections)).unwrap();
    for round in 1..4 {
        rig.send(COUNT, b"echo");
        assert_eq!(rig.peer(COUNT).received.len(), round * BYTES);
        let got = rig.got()[..COUNT].iter().sum::<usize>();
        assert_eq!(got, round * DELIVERIES, "the message is on its way yet");
    }
}

#[test]
fn a_slow_member_is_treated_as_the_message_says_and_holds_up_no_other() {
    let (mut rig, keys, connections) = rig(3);
    keys.iter().for_each(|key| rig.join(*key));
    rig.peer(1).room = 0;
    rig.send(1, &[0; 1400]);
    rig.send(1, &[0; 1400]);
    for overflow in [mario_proto::Overflow::DropNewest, mario_proto::Overflow::KeepLatest] {
        let message = news(&connections).on_overflow(overflow);
        connections.push_message_to_group(group(), &message).unwrap();
        rig.deliver_rest();
    }
    assert_eq!(rig.got(), [2, 0, 2]);
    let pushes = &rig.worker.mailbox.counters.pushes;
    assert_eq!((pushes.sent.get(), pushes.dropped.total()), (4, 1));
    rig.peer(1).room = usize::MAX;
    rig.poll.tell(1, false, true);
    rig.step();
    assert_eq!(rig.peer(1).received.len(), 2 * 1408 + BYTES, "the kept one leaves");
    assert_eq!(rig.worker.mailbox.counters.pushes.sent.get(), 5);
}

#[test]
fn a_message_to_a_group_is_one_letter_to_each_worker() {
    let room = rig(1).0.worker.plan.room();
    let mailboxes = [(); 3].map(|()| Arc::new(Mailbox::new(Nobody, room)));
    let connections = Connections::new::<Witness, _>(STX, &mailboxes);
    connections.push_message_to_group(group(), &news(&connections)).unwrap();
    connections.push_message_to_all(&news(&connections)).unwrap();
    assert_eq!(mailboxes.map(|mailbox| mailbox.mail.len()), [2; 3]);
}
