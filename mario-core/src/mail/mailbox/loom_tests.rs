//! Every order in which a master deals and steers while a worker takes, sleeps and ends. The ring itself is not loom's:
//! what is tried is what stands around it.

use loom::thread::{self, Thread};

use super::*;

const ROOM: Room = Room { slots: 1, letters: 1, answers: 1 };

fn peer() -> SocketAddr {
    ([127, 0, 0, 1], 1).into()
}

fn park(may_block: bool) {
    if may_block {
        thread::park();
    }
}

/// A worker as its mailbox knows it: it takes what is dealt until it is to close, and then what was dealt before it had
/// ended. A slot is free again at once.
fn work(mailbox: &Mailbox<Thread>, hand: &mut Hand<usize, Thread>, slots: usize) -> Vec<usize> {
    let mut taken = Vec::new();
    let mut take = |hand: &mut Hand<usize, Thread>| {
        while let Some((number, _, slot)) = hand.next() {
            assert!(mailbox.load() <= slots, "no slot is promised twice");
            taken.push(number);
            slot.take_back();
        }
    };
    while mailbox.course() != Course::Close {
        take(hand);
        let has_work = || !hand.is_empty() || mailbox.course() == Course::Close;
        mailbox.doorbell.sleep(has_work, park);
    }
    mailbox.end();
    take(hand);
    taken
}

/// A master deals so many sockets, and gives up on those that find no room. Who was dealt is taken, once and in order.
fn all_that_is_dealt_is_taken(slots: usize, sockets: usize) {
    let mailbox = Arc::new(Mailbox::new(thread::current(), ROOM));
    let (mut dealer, mut hand) = way(slots, &mailbox);
    let master = thread::spawn(move || {
        let dealt: Vec<_> =
            (0..sockets).filter(|&number| dealer.deal(number, peer(), || {}).is_ok()).collect();
        dealer.mailbox.stop();
        dealt
    });
    let taken = work(&mailbox, &mut hand, slots);
    assert_eq!(master.join().unwrap(), taken);
    assert_eq!((mailbox.load(), mailbox.has_ended()), (0, true));
}

/// How many sockets were on their way when all was over.
fn shut_down(mailbox: &Mailbox<Thread>) -> u64 {
    mailbox.counters.ended[Reason::ShutDown.place()].get()
}

/// The worker is stopped by somebody else, while the master deals.
#[test]
fn loom_what_is_dealt_while_the_worker_ends_is_taken_or_counted() {
    bounded(|| {
        let mailbox = Arc::new(Mailbox::new(thread::current(), ROOM));
        let (mut dealer, mut hand) = way(1, &mailbox);
        let master = thread::spawn(move || dealer.deal(0, peer(), || {}).is_ok());
        let handle = Arc::clone(&mailbox);
        thread::spawn(move || handle.stop());
        let taken = work(&mailbox, &mut hand, 1);
        drop(hand);
        let is_dealt = master.join().unwrap();
        assert_eq!(u64::from(is_dealt), taken.len() as u64 + shut_down(&mailbox));
        assert_eq!(mailbox.load(), 0);
    });
}

#[test]
fn loom_each_socket_that_is_dealt_is_taken() {
    bounded(|| all_that_is_dealt_is_taken(2, 2));
}

#[test]
fn loom_no_slot_is_promised_twice() {
    bounded(|| all_that_is_dealt_is_taken(1, 2));
}

/// All orders with so many preemptions; there are too many with more.
fn bounded(run: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(run);
}

#[test]
fn loom_no_order_is_missed_and_none_is_taken_back() {
    loom::model(|| {
        let mailbox = Arc::new(Mailbox::new(thread::current(), ROOM));
        for steer in [Mailbox::drain, Mailbox::stop] {
            let mailbox = Arc::clone(&mailbox);
            thread::spawn(move || steer(&mailbox));
        }
        let mut course = Course::Serve;
        while course != Course::Close {
            mailbox.doorbell.sleep(|| mailbox.course() > course, park);
            assert!(mailbox.course() >= course);
            course = mailbox.course();
        }
    });
}

#[test]
fn loom_who_is_stuck_for_a_while_loses_nothing() {
    loom::model(|| {
        let mailbox = Arc::new(Mailbox::new(thread::current(), ROOM));
        let (mut dealer, mut hand) = way(1, &mailbox);
        let watchdog = {
            let mailbox = Arc::clone(&mailbox);
            thread::spawn(move || {
                mailbox.set_stuck(true);
                mailbox.set_stuck(false);
            })
        };
        let early = dealer.deal(0, peer(), || {});
        watchdog.join().unwrap();
        let late = early.map_or_else(|number| dealer.deal(number, peer(), || {}), Ok);
        let taken = hand.next().map(|(number, _, slot)| (number, slot.keep()));
        assert_eq!((late, taken, mailbox.load()), (Ok(()), Some((0, ())), 1));
    });
}

#[test]
fn loom_a_socket_for_a_worker_that_fails_is_given_back_or_dropped() {
    loom::model(|| {
        let mailbox = Arc::new(Mailbox::new(thread::current(), ROOM));
        let (mut dealer, hand) = way(1, &mailbox);
        let socket = Arc::new(());
        let master = {
            let socket = Arc::clone(&socket);
            thread::spawn(move || (dealer.deal(socket, peer(), || {}).is_err(), dealer.has_room()))
        };
        mailbox.fail();
        drop(hand);
        let (is_back, _) = master.join().unwrap();
        assert_eq!((Arc::strong_count(&socket), mailbox.load()), (1, 0));
        assert_eq!(shut_down(&mailbox), u64::from(!is_back));
    });
}
