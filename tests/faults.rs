//! Bad clients beside good ones: whatever the bad do, each request of the good is answered to the byte.

mod support;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use support::*;

/// Good clients, each of which asks and is answered, one request after the other, until they are told to stop.
struct Good {
    stop: Arc<AtomicBool>,
    answers: Arc<AtomicU64>,
    threads: Vec<JoinHandle<()>>,
}

impl Good {
    fn on(rig: &Rig, count: usize) -> Good {
        let (stop, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let threads = (0..count)
            .map(|number| {
                let (addr, stop, answers) = (rig.addr(), Arc::clone(&stop), Arc::clone(&answers));
                let mut client = Client::connect(addr);
                thread::spawn(move || {
                    while !stop.load(Relaxed) {
                        let payload = (number as u64 ^ answers.fetch_add(1, Relaxed)).to_le_bytes();
                        // Panics if it is another answer, or none in time.
                        client.call(ECHO, &payload, &payload);
                    }
                })
            })
            .collect();
        Good { stop, answers, threads }
    }

    /// Waits until they have been answered many times more.
    fn are_served(&self) {
        let before = self.answers.load(Relaxed);
        eventually("they are answered", || self.answers.load(Relaxed) >= before + 200);
    }

    fn end(self) {
        self.are_served();
        self.stop.store(true, Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().expect("each answer was right"));
    }
}

/// Descriptors of this process, in which server and clients are.
fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

#[test]
fn slowloris_holds_nobody_up_and_is_ended() {
    let rig = serve(|builder| {
        builder.workers(2).connections(400).partial_frame_timeout(Duration::from_millis(500))
    });
    let good = Good::on(&rig, 4);
    let mut slow: Vec<_> = (0..300).map(|_| rig.connect()).collect();
    let request = frame(ECHO, &[7; 100]);
    let mut sent = 0;
    eventually("all of them are ended", || {
        for client in &mut slow {
            client.try_send(&request[sent % 90..][..1]);
        }
        sent += 1;
        good.are_served();
        rig.server.handle().metrics().ended["incomplete"] == 300
    });
    good.end();
}

#[test]
fn who_never_reads_holds_nobody_up_and_memory_is_bounded() {
    let rig = serve(|builder| builder.workers(1).connections(100).write_timeout(Duration::from_millis(500)));
    let good = Good::on(&rig, 3);
    let wanted = frame(FLOOD, &60_000u16.to_le_bytes());
    let mut greedy: Vec<_> = (0..40).map(|_| rig.connect()).collect();
    for client in &mut greedy {
        client.fill(&wanted, 0);
    }
    good.are_served();
    let pool = || rig.server.handle().metrics().workers[0].output_pool;
    // Whose requests find no room to wait goes for that.
    eventually("they are ended", || {
        let ended = rig.server.handle().metrics().ended;
        ended["timed_out"] > 0 && ended["timed_out"] + ended["overflow"] == 40
    });
    assert!(pool().peak > 0 && pool().peak <= pool().capacity);
    eventually("what waited is given back", || pool().used == 0);
    good.end();
}

#[test]
fn a_storm_of_resets_leaks_no_descriptor() {
    let rig = serve(|builder| builder.workers(2).connections(200));
    let good = Good::on(&rig, 2);
    good.are_served();
    let before = descriptors();
    for round in 0..4_000 {
        let mut client = rig.connect();
        if round % 2 == 0 {
            client.try_send(&frame(ECHO, b"and away"));
        }
        client.reset();
    }
    eventually("all are gone", || rig.stats().open == 2);
    // Other tests of this process open and close some at the same time.
    eventually("no descriptor is left", || descriptors() <= before + 20);
    good.end();
}

#[test]
fn floods_past_every_slot_are_refused_and_counted() {
    let rig = serve(|builder| builder.workers(2).connections(10));
    let good = Good::on(&rig, 2);
    for round in 1..=5 {
        let flood: Vec<_> = (0..50).map(|_| rig.connect()).collect();
        // None waits in the backlog, to take a slot in the next round although its client has gone.
        eventually("all of them were seen", || rig.stats().accepted + rig.stats().refused == 2 + round * 50);
        assert_eq!(rig.stats().open, 20);
        good.are_served();
        drop(flood);
        eventually("they are free again", || rig.stats().open == 2);
    }
    assert!(rig.stats().refused > 0);
    good.end();
}

#[test]
fn handlers_that_panic_cost_the_others_no_answer() {
    let rig = serve(|builder| builder.workers(2).connections(100));
    let good = Good::on(&rig, 4);
    for round in 0..300u32 {
        let mut client = rig.connect();
        for number in 0..9u32 {
            client.call(ECHO, &number.to_le_bytes(), &number.to_le_bytes());
        }
        client.send(&frame(PANIC, &[]));
        client.closed();
        if round % 100 == 0 {
            good.are_served();
        }
    }
    eventually("each is counted", || rig.stats().panics == 300);
    good.end();
}

/// The book names a test for each fault: all of them exist.
#[test]
fn each_test_that_the_book_names_exists() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let chapter = fs::read_to_string(root.join("book/src/faults.md")).unwrap();
    let mut count = 0;
    for row in chapter.lines().filter(|line| line.contains(".rs`: `")) {
        let named = row.rsplit("| `").next().unwrap().trim_end_matches("` |");
        let (path, name) = named.split_once("`: `").unwrap();
        let code = fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(code.contains(&format!("fn {name}(")), "there is no test `{name}` in {path}");
        count += 1;
    }
    assert!(count > 20, "{count} rows were read");
}
