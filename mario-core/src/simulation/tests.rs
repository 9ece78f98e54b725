//! Thousands of servers, each from a seed.
//!
//! `MARIO_SEED=7 cargo test -p mario-core simulation -- --nocapture` plays one of them, and prints what happens;
//! `MARIO_SEEDS=1000000` plays so many.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::*;

/// How many seeds are played if nobody asks for more.
const SEEDS: u64 = 2_000;

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

#[test]
fn each_seed_ends_as_it_must() {
    if let Some(seed) = setting("MARIO_SEED") {
        return simulate(seed, Detail::Lines).map(|_| ()).unwrap();
    }
    let (first, count) = (setting("MARIO_FIRST_SEED").unwrap_or(0), setting("MARIO_SEEDS").unwrap_or(SEEDS));
    let next = AtomicU64::new(first);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        return;
                    }
                    if let Err(fault) = simulate(seed, Detail::Nothing) {
                        // The others need not go on.
                        next.store(u64::MAX / 2, Ordering::Relaxed);
                        panic!(
                            "seed {seed}: {fault}\nto see it: MARIO_SEED={seed} cargo test -p mario-core --lib simulation -- --nocapture"
                        );
                    }
                }
            });
        }
    });
}

#[test]
fn a_seed_is_the_same_each_time() {
    let hashes = |seeds: std::ops::Range<u64>| -> Vec<_> {
        seeds.map(|seed| simulate(seed, Detail::Hash).unwrap()).collect()
    };
    let first = hashes(0..50);
    assert_eq!(first, hashes(0..50));
    assert!(first.iter().all(|hash| first.iter().filter(|other| *other == hash).count() == 1));
}

#[test]
fn the_fuzzers_corpus_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/connection");
    let mut seen = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        connection(&bytes);
        // With its end cut off anywhere, a story tells of something else.
        for len in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            connection(&bytes[..len]);
        }
        seen += 1;
    }
    assert!(seen > 0, "{} has seeds", folder.display());
}
