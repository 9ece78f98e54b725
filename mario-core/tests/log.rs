//! What a line is, from the macro to the writer. One logger serves all tests; each looks at the lines of its own target.

mod log_support;

use std::fmt;
use std::sync::{Arc, Barrier, LazyLock};
use std::thread;

use log_support::{Written, message};
use mario::log::{self, Config, Error, LevelFilter};

static WRITTEN: LazyLock<Written> = LazyLock::new(|| {
    let written = Written::default();
    log::init(
        Config::new()
            .level_for("quiet", LevelFilter::Error)
            .level_for("quiet::but", LevelFilter::Trace)
            .line_limit(200)
            .queue_size(4 << 20)
            .writer(written.clone()),
    )
    .unwrap();
    written
});

/// The lines of a target, once all is written.
fn written(target: &str) -> Vec<String> {
    assert!(log::flush(), "a flush takes less than its limit");
    WRITTEN.of(target)
}

fn messages(target: &str) -> Vec<String> {
    written(target).iter().map(|line| message(line).to_owned()).collect()
}

#[test]
fn a_line_says_when_how_who_where_and_what() {
    LazyLock::force(&WRITTEN);
    let thread = thread::Builder::new().name("some\nthread".to_owned());
    let thread = thread.spawn(|| log::warn!(target: "parts", "the {} message", "whole")).unwrap();
    thread.join().unwrap();
    let lines = written("parts");
    let [line] = &*lines else { panic!("one line, not {lines:?}") };
    let (time, rest) = line.split_once(' ').unwrap();
    assert_eq!(rest, r"WARN  some\nthread parts: the whole message");
    assert_eq!((time.len(), &time[10..11], &time[19..20], &time[23..]), (24, "T", ".", "Z"), "{time}");
}

#[test]
fn nothing_is_lost_and_each_thread_keeps_its_order() {
    const THREADS: usize = 8;
    const LINES: usize = 5_000;

    LazyLock::force(&WRITTEN);
    let start = Arc::new(Barrier::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|number| {
            let start = Arc::clone(&start);
            thread::spawn(move || {
                start.wait();
                for line in 0..LINES {
                    log::info!(target: "order", "{number} {line}");
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());

    let mut next = [0; THREADS];
    for message in messages("order") {
        let (thread, line) = message.split_once(' ').unwrap();
        let next = &mut next[thread.parse::<usize>().unwrap()];
        assert_eq!(line.parse::<usize>().unwrap(), *next, "of thread {thread}");
        *next += 1;
    }
    assert_eq!(next, [LINES; THREADS]);
}

#[test]
fn what_follows_is_written_after_what_it_follows_from() {
    const LINES: usize = 2_000;

    LazyLock::force(&WRITTEN);
    let turn = Arc::new(Barrier::new(2));
    let other = {
        let turn = Arc::clone(&turn);
        thread::spawn(move || {
            for line in (1..LINES).step_by(2) {
                turn.wait();
                log::info!(target: "causes", "{line}");
                turn.wait();
            }
        })
    };
    for line in (0..LINES).step_by(2) {
        log::info!(target: "causes", "{line}");
        turn.wait();
        turn.wait();
    }
    other.join().unwrap();
    assert_eq!(messages("causes"), (0..LINES).map(|line| line.to_string()).collect::<Vec<_>>());
}

#[test]
fn a_long_line_is_cut_between_characters() {
    LazyLock::force(&WRITTEN);
    log::info!(target: "long", "{}", "é".repeat(100));
    log::info!(target: "long", "x{}", "é".repeat(100));
    log::info!(target: "long", "{}", "z".repeat(100_000));
    let expected = [
        "é".repeat(100),
        format!("x{} [2 bytes cut off]", "é".repeat(99)),
        format!("{} [99800 bytes cut off]", "z".repeat(200)),
    ];
    assert_eq!(messages("long"), expected);
}

#[test]
fn one_record_is_one_line() {
    LazyLock::force(&WRITTEN);
    let forged = "bad password\n2026-03-14T15:09:26.535Z INFO  main audit: access granted\r\x1b[2K";
    log::info!(target: "escape", "login: {forged}");
    log::info!(target: "esc\nape", "{}", 1);
    let expected =
        r"login: bad password\n2026-03-14T15:09:26.535Z INFO  main audit: access granted\r\u001b[2K";
    assert_eq!(messages("escape"), [expected]);
    assert_eq!(messages(r"esc\nape"), ["1"]);
}

#[test]
fn levels_are_those_of_the_nearest_module() {
    LazyLock::force(&WRITTEN);
    log::debug!(target: "loud", "debug");
    log::info!(target: "loud", "info");
    log::warn!(target: "quiet", "warn");
    log::error!(target: "quiet", "error");
    log::warn!(target: "quiet::inside", "warn");
    log::trace!(target: "quiet::but::not", "trace");
    assert_eq!(messages("loud"), ["info"]);
    assert_eq!(messages("quiet"), ["error"]);
    assert_eq!(messages("quiet::inside"), [""; 0]);
    assert_eq!(messages("quiet::but::not"), ["trace"]);
    assert!(log::log_enabled!(target: "quiet::but", log::Level::Debug));
    assert!(!log::log_enabled!(target: "quiet", log::Level::Warn));
}

#[test]
fn a_display_may_log() {
    struct Talkative(u32);
    impl fmt::Display for Talkative {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            if self.0 > 0 {
                log::info!(target: "inner", "{}", Talkative(self.0 - 1));
            }
            write!(f, "level {}", self.0)
        }
    }

    LazyLock::force(&WRITTEN);
    log::info!(target: "inner", "{}", Talkative(3));
    assert_eq!(messages("inner"), ["level 0", "level 1", "level 2", "level 3"]);
}

#[test]
fn a_display_may_fail_or_panic() {
    struct Failing;
    impl fmt::Display for Failing {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("so far")?;
            Err(fmt::Error)
        }
    }
    struct Panicking;
    impl fmt::Display for Panicking {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("a display that panics")
        }
    }

    LazyLock::force(&WRITTEN);
    log::info!(target: "failing", "{Failing}");
    std::panic::catch_unwind(|| log::info!(target: "failing", "{Panicking}")).unwrap_err();
    log::info!(target: "failing", "after it");
    assert_eq!(messages("failing"), ["so far", "after it"]);
}

#[test]
fn a_thread_logs_to_its_very_end() {
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            log::info!(target: "ending", "last");
        }
    }
    thread_local! {
        static LAST: Last = const { Last };
    }

    LazyLock::force(&WRITTEN);
    thread::spawn(|| {
        LAST.with(|_| ());
        log::info!(target: "ending", "first");
    })
    .join()
    .unwrap();
    thread::spawn(|| {
        log::info!(target: "ending", "first");
        LAST.with(|_| ());
    })
    .join()
    .unwrap();
    assert_eq!(messages("ending"), ["first", "last", "first", "last"]);
}

#[test]
fn a_second_logger_is_refused() {
    LazyLock::force(&WRITTEN);
    let error = log::init(Config::new()).unwrap_err();
    assert!(matches!(error, Error::AlreadySet), "{error}");
    log::info!(target: "second", "still logged");
    assert_eq!(messages("second"), ["still logged"]);
}
