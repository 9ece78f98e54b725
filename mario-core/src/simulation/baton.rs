//! Threads of which one runs at a time: the director, or the one that it has given the turn to.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle, Thread};

/// Whose turn it is.
struct Turn {
    /// The number of an actor, or [`DIRECTOR`].
    whose: AtomicUsize,
    /// The actors are to leave the stage at once.
    over: AtomicBool,
    director: Thread,
}

const DIRECTOR: usize = usize::MAX;

impl Turn {
    fn give(&self, to: usize, thread: &Thread) {
        self.whose.store(to, Ordering::Release);
        thread.unpark();
    }

    fn wait_for(&self, own: usize) {
        while self.whose.load(Ordering::Acquire) != own {
            thread::park();
        }
    }
}

/// How the director's thread makes the actors go on, one at a time.
pub(super) struct Director {
    turn: Arc<Turn>,
    cast: Vec<Role>,
}

/// An actor, as the director sees it.
struct Role {
    thread: JoinHandle<()>,
    is_over: Arc<AtomicBool>,
}

/// How an actor's thread gives the turn back.
#[derive(Clone)]
pub(super) struct Actor {
    turn: Arc<Turn>,
    number: usize,
}

/// What unwinds an actor when the play is over before its own end.
struct Over;

impl Director {
    pub(super) fn new() -> Self {
        let turn = Turn {
            whose: AtomicUsize::new(DIRECTOR),
            over: AtomicBool::new(false),
            director: thread::current(),
        };
        Director { turn: Arc::new(turn), cast: Vec::new() }
    }

    /// An actor more, which plays `part` when it first has the turn. The numbers count from 0.
    pub(super) fn cast(&mut self, part: impl FnOnce(Actor) + Send + 'static) {
        let actor = Actor { turn: Arc::clone(&self.turn), number: self.cast.len() };
        let is_over = Arc::new(AtomicBool::new(false));
        let curtain = Curtain { turn: Arc::clone(&self.turn), is_over: Arc::clone(&is_over) };
        let thread = thread::spawn(move || {
            let _curtain = curtain;
            actor.turn.wait_for(actor.number);
            if !actor.turn.over.load(Ordering::Acquire) {
                part(actor);
            }
        });
        self.cast.push(Role { thread, is_over });
    }

    /// Lets an actor go on until it gives the turn back; nothing happens once its part is over.
    pub(super) fn resume(&self, number: usize) {
        if !self.is_over(number) {
            self.turn.give(number, self.cast[number].thread.thread());
            self.turn.wait_for(DIRECTOR);
        }
    }

    /// Whether the part of an actor is over.
    pub(super) fn is_over(&self, number: usize) -> bool {
        self.cast[number].is_over.load(Ordering::Acquire)
    }

    /// Waits for all actors, those included whose part is not over; the panics that are not ours are returned.
    pub(super) fn end(mut self) -> Vec<String> {
        self.clear_the_stage()
    }

    fn clear_the_stage(&mut self) -> Vec<String> {
        self.turn.over.store(true, Ordering::Release);
        let mut panics = Vec::new();
        for (number, role) in self.cast.drain(..).enumerate() {
            self.turn.give(number, role.thread.thread());
            if let Err(panic) = role.thread.join()
                && !panic.is::<Over>()
            {
                let text = panic.downcast_ref::<&str>().map(ToString::to_string);
                let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
                panics.push(format!("thread {number} panicked: {}", text.unwrap_or_default()));
            }
        }
        panics
    }
}

impl Drop for Director {
    fn drop(&mut self) {
        self.clear_the_stage();
    }
}

impl Actor {
    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// Gives the turn back, and waits for the next one.
    pub(super) fn pause(&self) {
        if self.turn.over.load(Ordering::Acquire) {
            return self.leave();
        }
        self.turn.give(DIRECTOR, &self.turn.director);
        self.turn.wait_for(self.number);
        if self.turn.over.load(Ordering::Acquire) {
            self.leave();
        }
    }

    fn leave(&self) {
        if !thread::panicking() {
            resume_unwind(Box::new(Over));
        }
    }
}

/// Gives the turn back when a part is over, however it ends.
struct Curtain {
    turn: Arc<Turn>,
    is_over: Arc<AtomicBool>,
}

impl Drop for Curtain {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        self.turn.give(DIRECTOR, &self.turn.director);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn one_at_a_time_in_the_order_that_the_director_says() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut director = Director::new();
        for _ in 0..2 {
            let seen = Arc::clone(&seen);
            director.cast(move |actor| {
                for round in 0..2 {
                    seen.lock().unwrap().push((actor.number(), round));
                    actor.pause();
                }
            });
        }
        for number in [1, 0, 0, 1, 0, 0] {
            director.resume(number);
        }
        assert!(director.is_over(0) && !director.is_over(1));
        assert_eq!(*seen.lock().unwrap(), [(1, 0), (0, 0), (0, 1), (1, 1)]);
        assert!(director.end().is_empty());
    }

    #[test]
    fn who_is_not_done_leaves_at_the_end() {
        let mut director = Director::new();
        director.cast(|actor| {
            loop {
                actor.pause();
            }
        });
        director.cast(|_| resume_unwind(Box::new("oh")));
        director.resume(0);
        director.resume(1);
        assert_eq!(director.end(), ["thread 1 panicked: oh"]);
    }
}
