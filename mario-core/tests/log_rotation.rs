//! Log files that begin anew.

#![cfg(feature = "rotation")]

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use mario::log::{self, Config, Rotation};

#[test]
fn files_by_size_survive_being_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my.log");
    let format = |line: &log::Line<'_>, out: &mut dyn std::fmt::Write| write!(out, "{}", line.message());
    log::init(Config::new().rotating_file(&path, Rotation::size(1_000).keep(2)).format(format)).unwrap();

    // A line of 100 bytes at a time: nine of them are less than a file.
    let write = |lines: std::ops::Range<u32>| {
        for line in lines {
            log::info!("{line:099}");
            assert!(log::flush());
        }
    };
    write(0..36);
    until_there_are(folder.path(), &["my.log", "my.log.1", "my.log.2"]);
    let numbers = |name: &str| -> Vec<u32> {
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        text.lines().map(|line| line.parse().unwrap()).collect()
    };
    assert_eq!(numbers("my.log"), (27..36).collect::<Vec<_>>());
    assert_eq!(numbers("my.log.1"), (18..27).collect::<Vec<_>>());
    assert_eq!(numbers("my.log.2"), (9..18).collect::<Vec<_>>());

    fs::remove_file(&path).unwrap();
    write(36..40);
    assert_eq!(log::dropped(), 1, "the line that found the file gone");
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], format!("{:099}", 37));
    assert!(lines[1].starts_with("lost 1 line: writing the log file "), "{text}");
    assert_eq!(lines[2..], [format!("{:099}", 38), format!("{:099}", 39)]);
}

/// The older files are renamed and deleted by another thread.
fn until_there_are(folder: &Path, names: &[&str]) {
    let expected: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
    for _ in 0..10_000 {
        let mut found: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        found.sort();
        if found == expected {
            return;
        }
        thread::sleep(std::time::Duration::from_millis(1));
    }
    panic!("there are never exactly {names:?}");
}
