//! Clients that do nothing wrong, and see that they get what they should while others do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::process::Process;
use crate::support::{COUNT, Client, ECHO, eventually, frame};

/// So many rounds tell that they are served.
const ROUNDS: u32 = 20;

pub(crate) struct Innocents {
    stop: Arc<AtomicBool>,
    rounds: Arc<AtomicU32>,
    thread: JoinHandle<()>,
}

impl Innocents {
    /// So many of them, who were all answered before.
    pub(crate) fn of(server: &Process, count: usize) -> Innocents {
        let innocents = Innocents::from((0..count).map(|_| server.connect()).collect());
        innocents.are_served();
        innocents
    }

    /// These, who have not counted yet.
    pub(crate) fn from(clients: Vec<Client>) -> Innocents {
        let (stop, rounds) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let thread = thread::spawn({
            let (stop, rounds) = (Arc::clone(&stop), Arc::clone(&rounds));
            move || ask(clients, &stop, &rounds)
        });
        Innocents { stop, rounds, thread }
    }

    /// Waits until each was answered some times more.
    #[track_caller]
    pub(crate) fn are_served(&self) {
        let before = self.rounds.load(Ordering::Relaxed);
        eventually("the innocents are served", || {
            assert!(!self.thread.is_finished(), "an innocent client has got something else than its reply");
            // The round that has begun before does not count.
            self.rounds.load(Ordering::Relaxed) > before + ROUNDS
        });
    }

    /// Does something again and again on so many threads: on each at least so often, and until each innocent was answered
    /// some times more, so that this is seen while it goes on. How often it was done is the answer.
    #[track_caller]
    pub(crate) fn are_served_during(
        &self,
        threads: usize,
        least: usize,
        deed: impl Fn(usize) + Sync,
    ) -> usize {
        let goes_on = AtomicBool::new(true);
        thread::scope(|scope| {
            let doing = || {
                let turns = (0..).take_while(|turn| *turn < least || goes_on.load(Ordering::Relaxed));
                turns.inspect(|turn| deed(*turn)).count()
            };
            let deeds: Vec<_> = (0..threads).map(|_| scope.spawn(doing)).collect();
            let end = End(&goes_on);
            self.are_served();
            drop(end);
            deeds.into_iter().map(|deed| deed.join().unwrap()).sum()
        })
    }

    /// Sees that every reply of each was right.
    #[track_caller]
    pub(crate) fn end(self) {
        self.are_served();
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("each reply is right");
    }
}

/// Ends what goes on, also if a test fails.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// In each round, asks all of them for something else, and then reads what they should get: an echo, and how often this
/// connection has asked.
fn ask(mut clients: Vec<Client>, stop: &AtomicBool, rounds: &AtomicU32) {
    while !stop.load(Ordering::Relaxed) {
        let round = rounds.load(Ordering::Relaxed) + 1;
        let text = |number: usize| format!("{number}:{round}").repeat(1 + round as usize % 100);
        for (number, client) in clients.iter_mut().enumerate() {
            client.send(&[frame(ECHO, text(number).as_bytes()), frame(COUNT, &[])].concat());
        }
        for (number, client) in clients.iter_mut().enumerate() {
            let replies = [frame(ECHO, text(number).as_bytes()), frame(COUNT, &round.to_le_bytes())].concat();
            assert_eq!(client.receive(replies.len()), replies, "innocent {number}, round {round}");
        }
        rounds.store(round, Ordering::Relaxed);
        // They leave the machine to the others now and then.
        thread::sleep(Duration::from_millis(1));
    }
}
