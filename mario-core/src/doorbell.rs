//! How a thread sleeps until another has work for it, and nobody pays for a wake of a thread that is awake.
//!
//! One thread sleeps, any number ring. Work travels by other ways (rings, flags): the bell only tells of it. So that
//! none is missed, whoever rings pushes the work *before*, and the sleeper looks for work *after* it has said that it
//! sleeps. Of these two, each a store, then a fence, then a load of what the other stored, at least one sees the other's.
//!
//! "Asleep" is true only around the act of blocking. A flag that stayed set after a wake would let the next one through
//! although nobody reads it, or hold it back although somebody waits.

use crate::sync::{AtomicBool, CachePadded, Ordering, fence};

/// What ends the wait of a thread. A wake before the wait ends it at once.
pub(crate) trait Wake {
    fn wake(&self);
}

impl Wake for std::thread::Thread {
    fn wake(&self) {
        self.unpark();
    }
}

/// The bell of one thread.
pub(crate) struct Doorbell<W: Wake> {
    asleep: CachePadded<AtomicBool>,
    waker: W,
}

impl<W: Wake> Doorbell<W> {
    /// The bell of the thread that `waker` wakes.
    pub(crate) fn new(waker: W) -> Self {
        Doorbell { asleep: CachePadded(AtomicBool::new(false)), waker }
    }

    /// Whether the bell's thread waits, or is about to.
    pub(crate) fn is_asleep(&self) -> bool {
        self.asleep.0.load(Ordering::Relaxed)
    }

    pub(crate) fn waker(&self) -> &W {
        &self.waker
    }

    /// Tells of work that was pushed before. Costs a fence and a load while the thread is awake; of those who find it
    /// asleep, one wakes it.
    pub(crate) fn ring(&self) {
        fence(Ordering::SeqCst);
        let asleep = &self.asleep.0;
        if asleep.load(Ordering::Relaxed) && asleep.swap(false, Ordering::Relaxed) {
            self.waker.wake();
        }
    }

    /// Calls `wait`, with whether it may block: not if there is work. Only the bell's own thread may call this.
    ///
    /// A wake that comes late may end the next wait early; that the wait ended says nothing of work.
    pub(crate) fn sleep<R>(&self, has_work: impl FnOnce() -> bool, wait: impl FnOnce(bool) -> R) -> R {
        // A store would do, but its place among the swaps is beyond loom, which then sees wakes lost that are not.
        self.asleep.0.swap(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let result = wait(!has_work());
        self.asleep.0.store(false, Ordering::Relaxed);
        result
    }
}

#[cfg(all(test, not(mario_loom)))]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[derive(Default)]
    struct Wakes(Cell<u32>);

    impl Wake for Wakes {
        fn wake(&self) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[test]
    fn an_awake_thread_is_not_woken() {
        let bell = Doorbell::new(Wakes::default());
        bell.ring();
        bell.sleep(|| false, |_| ());
        bell.ring();
        assert_eq!(bell.waker.0.get(), 0);
    }

    #[test]
    fn a_sleeping_thread_is_woken_once() {
        let bell = Doorbell::new(Wakes::default());
        bell.sleep(
            || false,
            |may_block| {
                assert!(may_block);
                bell.ring();
                bell.ring();
            },
        );
        assert_eq!(bell.waker.0.get(), 1);
    }

    #[test]
    fn work_forbids_to_block() {
        let bell = Doorbell::new(Wakes::default());
        bell.sleep(|| true, |may_block| assert!(!may_block));
    }

    #[test]
    fn a_parked_thread_wakes() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicBool, Ordering};

        let bell = Arc::new(Doorbell::new(std::thread::current()));
        let work = Arc::new(AtomicBool::new(false));
        let ringer = {
            let (bell, work) = (Arc::clone(&bell), Arc::clone(&work));
            std::thread::spawn(move || {
                work.store(true, Ordering::Release);
                bell.ring();
            })
        };
        while !work.load(Ordering::Acquire) {
            bell.sleep(
                || work.load(Ordering::Acquire),
                |may_block| {
                    if may_block {
                        std::thread::park();
                    }
                },
            );
        }
        ringer.join().unwrap();
    }
}

/// Every order in which two threads can ring and one can sleep. A wake that is lost is a deadlock, which loom reports.
#[cfg(all(test, mario_loom))]
mod loom_tests {
    use loom::sync::Arc;
    use loom::sync::atomic::AtomicUsize;
    use loom::thread::{self, Thread};

    use super::*;

    impl Wake for Thread {
        fn wake(&self) {
            self.unpark();
        }
    }

    /// A bell and as much of a queue as matters to it: how much was pushed.
    struct House {
        bell: Doorbell<Thread>,
        pushed: AtomicUsize,
    }

    /// Takes what `rings` producers push, one piece each per ring, and returns when all arrived.
    fn every_push_arrives(producers: usize, rings: usize) {
        let house = Arc::new(House { bell: Doorbell::new(thread::current()), pushed: AtomicUsize::new(0) });
        for _ in 0..producers {
            let house = Arc::clone(&house);
            thread::spawn(move || {
                for _ in 0..rings {
                    house.pushed.fetch_add(1, Ordering::Release);
                    house.bell.ring();
                }
            });
        }
        let mut taken = 0;
        while taken < producers * rings {
            let has_work = || house.pushed.load(Ordering::Acquire) != taken;
            house.bell.sleep(has_work, |may_block| {
                if may_block {
                    thread::park();
                }
            });
            taken = house.pushed.load(Ordering::Acquire);
        }
    }

    #[test]
    fn loom_no_wake_is_lost_between_two_producers() {
        // Without a bound it holds too, but takes minutes.
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(|| every_push_arrives(2, 1));
    }

    #[test]
    fn loom_no_wake_is_lost_between_two_sleeps() {
        loom::model(|| every_push_arrives(1, 2));
    }
}
