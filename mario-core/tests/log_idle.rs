//! The log thread sleeps when nothing is logged.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use mario::log::{self, Config};

#[test]
fn an_idle_log_thread_is_never_scheduled() {
    log::init(Config::new().writer(std::io::sink())).unwrap();
    log::info!("wakes it");
    assert!(log::flush());

    let thread = log_thread();
    let before = sleeping_switches(&thread);
    // However long this takes, a thread that sleeps stays where it is.
    thread::sleep(Duration::from_millis(200));
    assert_eq!(sleeping_switches(&thread), before, "the log thread woke though nothing was logged");

    log::info!("wakes it again");
    assert!(log::flush());
    assert!(sleeping_switches(&thread) > before);
}

fn log_thread() -> PathBuf {
    let threads = fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path());
    let is_log_thread = |task: &PathBuf| fs::read_to_string(task.join("comm")).unwrap() == "mario-log\n";
    threads.into_iter().find(is_log_thread).expect("the log thread has its name")
}

/// How often the thread was switched to or from, once it sleeps.
fn sleeping_switches(thread: &Path) -> u64 {
    for _ in 0..10_000 {
        let status = fs::read_to_string(thread.join("status")).unwrap();
        let value = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim();
        if value("State:").starts_with('S') {
            let number = |name| value(name).parse::<u64>().unwrap();
            return number("voluntary_ctxt_switches:") + number("nonvoluntary_ctxt_switches:");
        }
        thread::sleep(Duration::from_millis(1));
    }
    panic!("the log thread never sleeps");
}
