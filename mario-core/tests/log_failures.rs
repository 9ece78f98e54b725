//! A writer that fails, and a format that panics, cost lines at most.

mod log_support;

use log_support::{Written, message};
use mario::log::{self, Config};

#[test]
fn logging_outlives_its_writer_and_format() {
    let written = Written::default();
    let format = |line: &log::Line<'_>, out: &mut dyn std::fmt::Write| {
        assert_ne!(line.message(), "unlucky", "a format that panics");
        write!(out, "{} {}: {}", line.thread(), line.target(), line.message())
    };
    log::init(Config::new().format(format).writer(written.clone())).unwrap();
    log::info!(target: "failures", "written");
    assert!(log::flush());

    written.set_full(true);
    for line in 0..10 {
        log::info!(target: "failures", "lost {line}");
        assert!(log::flush(), "what is lost is done with");
        assert_eq!(log::dropped(), line + 1);
    }
    assert_eq!(written.lines().len(), 1);

    written.set_full(false);
    log::info!(target: "failures", "written again");
    log::info!(target: "failures", "unlucky");
    assert!(log::flush());
    let (lines, notices) = (written.of("failures"), written.of("mario::log"));
    let messages: Vec<_> = lines.iter().map(|line| message(line)).collect();
    assert_eq!(messages, ["written", "written again", "unlucky"]);
    let messages: Vec<_> = notices.iter().map(|line| message(line)).collect();
    assert_eq!(messages, ["lost 10 lines: writing the log's writer failed: no storage space"]);
    assert_eq!(log::dropped(), 10);
}
