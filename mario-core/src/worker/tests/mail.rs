//! What becomes of pushes when a worker ends.

use super::*;
use crate::link::message::Message;
use crate::mail::connections::PushError;

const NEWS: u16 = 0x0201;

impl Rig {
    fn ids(&mut self, count: usize) -> Vec<ConnId> {
        let peers: Vec<_> = (0..count).map(|_| self.connect()).collect();
        let keys = self.worker.slots.keys();
        assert_eq!(keys.len(), peers.len());
        keys.into_iter().map(|key| ConnId::new(0, key)).collect()
    }

    fn connections(&self) -> Connections {
        Connections::new::<Witness, _>(STX, &[Arc::clone(&self.worker.mailbox)])
    }

    /// Pushes that went nowhere.
    fn lost(&self) -> u64 {
        self.worker.mailbox.counters.pushes.gone.get() + self.worker.mailbox.mail.lost()
    }
}

fn news(connections: &Connections) -> Message {
    connections.message(NEWS, &Payload(b"news")).unwrap()
}

#[test]
fn what_was_pushed_before_the_order_to_close_is_sent_before() {
    const COUNT: usize = 3 * DELIVERIES + 7;
    let mut rig = Rig::new(COUNT);
    let (ids, connections) = (rig.ids(COUNT), rig.connections());
    let message = news(&connections);
    for _ in 0..2 {
        assert_eq!(connections.push_to_each(ids.iter().copied(), &message).queued, COUNT);
    }
    connections.push_message(ids[0], &message).unwrap();
    rig.worker.mailbox.stop();
    while !rig.step() {}
    assert_eq!(rig.ends(), vec![Reason::ShutDown; COUNT]);
    assert_eq!((rig.worker.mailbox.counters.pushes.sent.get(), rig.lost()), (2 * COUNT as u64 + 1, 0));
    let sizes: Vec<_> = rig.peers.iter().map(|peer| peer.0.borrow().received.len() / 12).collect();
    assert_eq!(
        (sizes.iter().filter(|&&count| count == 2).count(), sizes.iter().sum()),
        (COUNT - 1, 2 * COUNT + 1)
    );
}

#[test]
fn what_comes_after_the_end_is_an_error_or_counted() {
    let mut rig = Rig::new(4);
    let (ids, connections) = (rig.ids(4), rig.connections());
    let message = news(&connections);
    rig.worker.mailbox.stop();
    while !rig.step() {}
    assert_eq!(connections.push_message(ids[0], &message), Err(PushError::Gone(ids[0])));
    assert_eq!(rig.worker.end(), 0);
    assert_eq!(connections.push_message(ids[0], &message), Err(PushError::ShutDown));
    assert_eq!(connections.close(ids[0]), Err(PushError::ShutDown));
    assert_eq!(connections.push_to_each(ids.iter().copied(), &message).gone, 4);
    assert_eq!(connections.push_message_to_all(&message), Err(PushError::ShutDown));
    assert_eq!(connections.push_message_to_group(1u32, &message), Err(PushError::ShutDown));
    let nobody = ConnId::new(1, ids[0].key());
    assert_eq!(connections.push_message(nobody, &message), Err(PushError::Gone(nobody)));
    assert_eq!(rig.lost(), 0, "these were told");
}

#[test]
fn a_worker_that_dies_takes_no_more_and_what_it_did_not_deliver_is_counted() {
    const COUNT: usize = 2 * DELIVERIES;
    let mut rig = Rig::new(COUNT);
    let (ids, connections) = (rig.ids(COUNT), rig.connections());
    let message = news(&connections);
    connections.push_to_each(ids.iter().copied(), &message);
    connections.push_to_each(ids[..5].iter().copied(), &message);
    connections.push_message(ids[0], &message).unwrap();
    rig.worker.deliver();
    let mailbox = Arc::clone(&rig.worker.mailbox);
    drop(rig);
    assert_eq!(mailbox.counters.pushes.sent.get(), DELIVERIES as u64);
    assert_eq!(mailbox.mail.lost(), (COUNT - DELIVERIES + 5 + 1) as u64);
    assert_eq!(connections.push_message(ids[7], &message), Err(PushError::ShutDown));
    assert!(!connections.is_open(ids[7]));
}

#[test]
fn mail_that_takes_too_long_does_not_hold_up_the_end() {
    let mut plan = Rig::new(1).worker.plan.clone();
    plan.shutdown_timeout = Duration::ZERO;
    let mut rig = Rig::with(plan);
    let (ids, connections) = (rig.ids(1), rig.connections());
    let message = news(&connections);
    rig.worker.mailbox.stop();
    connections.push_message(ids[0], &message).unwrap();
    rig.worker.change_course();
    rig.worker.end();
    assert_eq!((rig.ends(), rig.lost()), (vec![Reason::ShutDown], 1));
}

#[test]
fn who_is_still_connected_at_the_end_is_told_so() {
    let mut rig = Rig::new(2);
    rig.ids(2);
    assert_eq!(rig.worker.end(), 0);
    assert_eq!(rig.ends(), [Reason::ShutDown; 2]);
}
