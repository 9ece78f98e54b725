//! What all threads of a simulation share. One of them runs at a time, so the lock is always free.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Arguments;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::baton::Actor;
use super::debts::Owing;
use super::dice::{Dice, Rate};
use super::groups::GROUPS;
use super::mail::Bag;
use super::service::Manners;
use super::settings::Settings;
use super::surveys::Question;
use super::trace::Trace;
use super::wire::Wire;
use crate::mail::Mail;
use crate::parts::slots::Key;
use crate::stats::Counters;

#[derive(Clone)]
pub(super) struct World(Arc<Mutex<State>>);

pub(super) struct State {
    pub(super) dice: Dice,
    pub(super) now: Duration,
    pub(super) faults: Faults,
    /// All connections, in the order in which they were begun.
    pub(super) wires: Vec<Wire>,
    /// What each thread waits for: the workers', and behind them the master's.
    pub(super) posts: Vec<Post>,
    /// What each listener has in its backlog.
    pub(super) doors: Vec<Backlog>,
    pub(super) trace: Trace,
    /// What has happened that must not; the first of it.
    pub(super) violation: Option<String>,
    pub(super) settings: Settings,
    pub(super) manners: Vec<Manners>,
    pub(super) orders: Orders,
    /// Requests that are to be answered later.
    pub(super) debts: Vec<Owing>,
    /// Of which client, and which: what waits for the pool.
    pub(super) jobs: VecDeque<(usize, usize)>,
    /// How often work of it has panicked.
    pub(super) falls: u64,
    /// The connections of each user, the oldest first.
    pub(super) users: BTreeMap<u64, Vec<usize>>,
    /// How much was sent that is like nothing else.
    pub(super) serial: u32,
    /// Sessions that were made and not dropped.
    pub(super) sessions: usize,
    /// Panics of handlers and hooks.
    pub(super) panics: u64,
    /// How far the clock has gone on while threads had work.
    pub(super) late: Duration,
    /// When a worker was seen last that rests, as it has died too often, or that is stuck.
    pub(super) rested: Duration,
}

/// How often the system does what it may do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults {
    pub(super) interrupt: Rate,
    pub(super) short_read: Rate,
    pub(super) short_write: Rate,
    /// A call finds nothing, and right after there is something.
    pub(super) would_block: Rate,
    pub(super) read_error: Rate,
    pub(super) write_error: Rate,
    pub(super) accept_error: Rate,
    pub(super) register_error: Rate,
    pub(super) wait_error: Rate,
    /// A wait ends for no reason.
    pub(super) idle_wake: Rate,
    pub(super) late_event: Rate,
    pub(super) double_event: Rate,
    pub(super) spurious_event: Rate,
    pub(super) stale_event: Rate,
    /// A thread is interrupted between two waits.
    pub(super) preempt: Rate,
    /// The clock goes on although threads have work.
    pub(super) slow: Rate,
    /// The clock jumps.
    pub(super) jump: Rate,
    pub(super) session_panic: Rate,
}

/// Where a thread waits.
#[derive(Default)]
pub(super) struct Post {
    /// The connections of which there are new edges.
    pub(super) armed: Vec<usize>,
    /// There is a new edge of the listener.
    pub(super) knock: bool,
    pub(super) rung: bool,
    pub(super) rest: Rest,
    /// Keys of connections that are gone.
    pub(super) stale: Vec<Key>,
    /// Until when it does not go on.
    pub(super) stalled: Option<Duration>,
    /// How often it has gone on, and when it had made its last two steps.
    pub(super) turns: u64,
    pub(super) steps: [Duration; 2],
    /// Letters by which the worker is to die.
    pub(super) kills: u64,
    /// How often it had died before its last step.
    pub(super) deaths: u64,
    /// What the worker counts.
    pub(super) counters: Arc<Counters>,
    /// Its mail, and that as the model has it; the master has none.
    pub(super) mail: Option<Arc<Mail>>,
    pub(super) bag: Bag,
    /// What it was asked, and has not answered.
    pub(super) questions: Vec<Question>,
    /// Bytes that were pushed to many of its connections.
    pub(super) broadcast: usize,
    /// How many answers it owes.
    pub(super) owed: usize,
    /// Waits that ended at once, since anything was done.
    pub(super) spins: usize,
    /// What the worker has of each connection, as of its last step.
    pub(super) views: Vec<View>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Rest {
    /// It has something to do.
    #[default]
    Busy,
    /// It waits, for ever or until then.
    Until(Option<Duration>),
}

/// A connection in its slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) wire: usize,
    /// Nothing is read from it for now.
    pub(super) held: bool,
    /// It has to wait until it may send again.
    pub(super) throttled: bool,
    /// It waits for an answer.
    pub(super) awaits: bool,
    pub(super) output: usize,
    /// How much the network had taken, and for how many steps neither has changed.
    pub(super) written: usize,
    pub(super) steady: usize,
    /// Which groups it is in.
    pub(super) groups: [bool; GROUPS],
    /// Since when it has output that waits: it was seen then, and not before this.
    pub(super) since: Option<Duration>,
    pub(super) dry: Duration,
}

/// What the server was told, and when.
#[derive(Default)]
pub(super) struct Orders {
    /// To end, with a drain if it has one.
    pub(super) stop: Option<Duration>,
    /// To close at once what is left.
    pub(super) close: Option<Duration>,
}

/// Connections that were not accepted yet.
#[derive(Default)]
pub(super) struct Backlog {
    pub(super) wires: VecDeque<usize>,
    pub(super) is_closed: bool,
    /// When it was tried last, or the first of those that wait arrived.
    pub(super) moved: Duration,
    /// Who waits for it.
    pub(super) post: usize,
}

impl Post {
    /// Whether the worker dies in this step.
    pub(super) fn is_dying(&self) -> bool {
        self.counters.deaths.get() > self.deaths
    }

    /// Whether the thread is kept from going on.
    pub(super) fn is_stalled(&self, now: Duration) -> bool {
        self.stalled.is_some_and(|until| now < until)
    }

    /// Whether the thread would do something now.
    pub(super) fn is_due(&self, now: Duration) -> bool {
        match self.rest {
            _ if self.is_stalled(now) => false,
            Rest::Busy => true,
            Rest::Until(end) => {
                self.rung || self.knock || !self.armed.is_empty() || end.is_some_and(|end| end <= now)
            }
        }
    }
}

thread_local! {
    /// The actor of the thread; the director's has none.
    static ACTOR: RefCell<Option<(Actor, World)>> = const { RefCell::new(None) };
}

impl World {
    pub(super) fn new(state: State) -> Self {
        World(Arc::new(Mutex::new(state)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on this thread is a part of this world, and can be paused.
    pub(super) fn enter(&self, actor: Actor) {
        ACTOR.with_borrow_mut(|own| *own = Some((actor, self.clone())));
    }

    /// Does something with the world that this thread is a part of.
    pub(super) fn with_own(act: impl FnOnce(&World)) {
        let own = ACTOR.with_borrow(Clone::clone);
        if let Some((_, world)) = own {
            act(&world);
        }
    }

    /// Lets others go on.
    pub(super) fn pause(&self) {
        let own = ACTOR.with_borrow(Clone::clone);
        if let Some((actor, _)) = own {
            actor.pause();
        }
    }

    /// A place at which others may go on.
    pub(super) fn preempt(&self) {
        let interrupted = {
            let mut state = self.lock();
            let rate = state.faults.preempt;
            state.dice.chance(rate)
        };
        if interrupted {
            self.pause();
        }
    }
}

impl State {
    pub(super) fn note(&mut self, what: Arguments<'_>) {
        self.trace.note(self.now, what);
    }

    /// Something has happened that must not.
    pub(super) fn violated(&mut self, what: String) {
        self.note(format_args!("VIOLATION: {what}"));
        self.violation.get_or_insert(what);
    }

    /// Something new is to be told of a connection.
    pub(super) fn arm(&mut self, wire: usize) {
        if let Some(place) = self.wires[wire].place
            && !self.posts[place.worker].armed.contains(&wire)
        {
            self.posts[place.worker].armed.push(wire);
        }
    }

    /// The thread at a post has done something.
    pub(super) fn progress(&mut self, post: usize) {
        self.posts[post].spins = 0;
    }
}
