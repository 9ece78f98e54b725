//! A program with a logger of its own keeps it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use ::log::{LevelFilter, Log, Metadata, Record};

struct Own;

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
static FLUSHES: AtomicUsize = AtomicUsize::new(0);

impl Log for Own {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        LINES.lock().unwrap().push(record.args().to_string());
    }

    fn flush(&self) {
        FLUSHES.fetch_add(1, SeqCst);
    }
}

#[test]
fn stays_as_it_is() {
    ::log::set_logger(&Own).unwrap();
    ::log::set_max_level(LevelFilter::Debug);

    let file = std::env::temp_dir().join(format!("mario-own-logger-{}", std::process::id()));
    let config = mario::log::Config::new().level(LevelFilter::Error).file(&file);
    let error = mario::log::init(config).unwrap_err();
    assert!(matches!(error, mario::log::Error::AlreadySet));
    assert_eq!(
        error.to_string(),
        "the program has a logger, which stays: call `mario::log::init` once, and only if no other is set"
    );
    assert_eq!(::log::max_level(), LevelFilter::Debug);
    assert!(!file.exists(), "nothing is left of the attempt");

    mario::log::debug!("through {}", "mario");
    assert_eq!(*LINES.lock().unwrap(), ["through mario"]);
    assert!(mario::log::flush());
    assert_eq!(FLUSHES.load(SeqCst), 1);
    assert_eq!(mario::log::dropped(), 0);
}
