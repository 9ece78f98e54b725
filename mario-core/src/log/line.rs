use std::fmt;
use std::time::SystemTime;

use ::log::Level;

/// A line as its [format](super::Config::format) sees it. Its texts have no control characters: those are escaped.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub(super) time: SystemTime,
    pub(super) level: Level,
    pub(super) thread: &'a str,
    pub(super) target: &'a str,
    pub(super) message: &'a str,
}

impl<'a> Line<'a> {
    /// When it was logged.
    pub fn time(&self) -> SystemTime {
        self.time
    }

    /// How severe it is.
    pub fn level(&self) -> Level {
        self.level
    }

    /// The name of the thread that logged it; of a nameless thread, its id.
    pub fn thread(&self) -> &'a str {
        self.thread
    }

    /// The module that logged it, or the `target` that it was logged with; at most 255 bytes of it.
    pub fn target(&self) -> &'a str {
        self.target
    }

    /// What was logged. If it was cut, it ends with how many bytes are missing.
    pub fn message(&self) -> &'a str {
        self.message
    }
}

/// The default format.
pub(super) fn human(line: &Line<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let Line { time, level, thread, target, message } = *line;
    let time = humantime::format_rfc3339_millis(time);
    write!(out, "{time} {level:<5} {thread} {target}: {message}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_default_format_is_made_for_humans() {
        let line = Line {
            time: SystemTime::UNIX_EPOCH + Duration::from_millis(1_773_500_966_535),
            level: Level::Info,
            thread: "worker-3",
            target: "gateway::login",
            message: "hello",
        };
        let mut text = String::new();
        human(&line, &mut text).unwrap();
        assert_eq!(text, "2026-03-14T15:09:26.535Z INFO  worker-3 gateway::login: hello");
    }
}
