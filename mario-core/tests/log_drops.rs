//! A full queue drops, counts, and says so, to the line.

mod log_support;

use std::thread;

use log_support::{Written, message};
use mario::log::{self, Config, LevelFilter};

#[test]
fn every_line_is_written_or_counted() {
    let written = Written::default();
    // The notice of drops is not subject to levels.
    let config = Config::new().level(LevelFilter::Error).line_limit(64).queue_size(64 + 512);
    log::init(config.writer(written.clone())).unwrap();
    assert_eq!(log::dropped(), 0);

    let mut logged = 0;
    for _ in 0..3 {
        // The log thread hangs on its writer; nobody waits for it.
        written.hold();
        log::error!(target: "drops", "first");
        written.wait_until_held();
        let threads: Vec<_> = ["ann", "bob"]
            .map(|name| {
                let log = move || (0..1_000).for_each(|line| log::error!(target: "drops", "{name} {line}"));
                thread::Builder::new().name(name.to_owned()).spawn(log).unwrap()
            })
            .into();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        logged += 2_001;
        written.release();
        assert!(log::flush());

        let lines = written.of("drops").len() as u64;
        assert_eq!(lines + log::dropped(), logged);
        assert!(log::dropped() > 1_900, "a queue has no room for a hundred lines");
    }

    let notices = written.of("mario::log");
    let said: Vec<_> = notices
        .iter()
        .map(|notice| {
            let words: Vec<_> = message(notice).split(' ').collect();
            let ["dropped", lines, "lines", "of", "thread", name, rest @ ..] = &*words else {
                panic!("{notice}")
            };
            assert_eq!(rest.join(" "), "its queue of 576 bytes was full");
            assert!(notice.contains(" WARN  mario-log mario::log: "));
            (name.trim_end_matches(':'), lines.parse::<u64>().unwrap())
        })
        .collect();
    assert_eq!(said.iter().map(|(_, lines)| lines).sum::<u64>(), log::dropped());
    assert_eq!(said.iter().filter(|(name, _)| *name == "ann").count(), 3);
    assert_eq!(said.iter().filter(|(name, _)| *name == "bob").count(), 3);
}
