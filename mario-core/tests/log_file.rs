//! A log file, and what is wrong with a configuration.

use std::fs;
use std::io::ErrorKind;

use mario::log::{self, Config, Error};

#[test]
fn a_file_is_appended_to() {
    let folder = tempfile::tempdir().unwrap();

    let missing = folder.path().join("missing").join("my.log");
    let error = log::init(Config::new().file(&missing)).unwrap_err();
    let Error::File { path, source } = &error else { panic!("{error}") };
    assert_eq!((path, source.kind()), (&missing, ErrorKind::NotFound));
    assert!(error.to_string().contains(&missing.display().to_string()), "{error}");

    let error = log::init(Config::new().line_limit(63)).unwrap_err();
    assert_eq!(error.to_string(), "a line limit of 63 bytes: it is 64 to 1048576");
    let error = log::init(Config::new().line_limit(1_000).queue_size(1_511)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a log queue of 1511 bytes: so that it takes a line of the limit, it is 1512 to 1073741824"
    );

    // After all these errors, there is still no logger.
    let path = folder.path().join("my.log");
    fs::write(&path, "from the last run\n").unwrap();
    let format = |line: &log::Line<'_>, out: &mut dyn std::fmt::Write| write!(out, "{}", line.message());
    log::init(Config::new().file(&path).format(format)).unwrap();
    log::info!("from this one");
    assert!(log::flush());
    assert_eq!(fs::read_to_string(&path).unwrap(), "from the last run\nfrom this one\n");
}
