use std::borrow::Cow;
use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use ::log::LevelFilter;

use super::error::Error;
use super::line::{self, Line};
use super::record;
use super::sink::Sink;

/// What the message of a line may be limited to, in bytes.
const LINE_LIMITS: RangeInclusive<usize> = 64..=1 << 20;
const LARGEST_QUEUE: usize = 1 << 30;

/// What is logged, how, and where to: by default from level `Info` on, in the format that the
/// [module](super) shows, to stderr.
///
/// ```no_run
/// use mario::log::{Config, LevelFilter};
///
/// # fn main() -> Result<(), mario::log::Error> {
/// mario::log::init(
///     Config::new()
///         .level(LevelFilter::Warn)
///         .level_for("my_gateway", LevelFilter::Debug)
///         .file("/var/log/my_gateway.log")
///         .format(|line, out| write!(out, "{} {}: {}", line.level(), line.thread(), line.message())),
/// )?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a configuration does nothing until it is given to `mario::log::init`"]
pub struct Config {
    pub(super) level: LevelFilter,
    pub(super) levels: Levels,
    pub(super) format: Format,
    pub(super) output: Output,
    pub(super) queue_size: usize,
    pub(super) line_limit: usize,
}

/// The levels of modules.
pub(super) type Levels = Vec<(Cow<'static, str>, LevelFilter)>;

/// Writes a line, without its end.
pub(super) type Format = Box<dyn Fn(&Line<'_>, &mut dyn fmt::Write) -> fmt::Result + Send>;

pub(super) enum Output {
    Stderr,
    File(PathBuf),
    #[cfg(feature = "rotation")]
    Rotating(PathBuf, super::Rotation),
    Writer(Box<dyn Write + Send>),
}

impl Config {
    /// The default configuration.
    pub fn new() -> Self {
        Config {
            level: LevelFilter::Info,
            levels: Vec::new(),
            format: Box::new(line::human),
            output: Output::Stderr,
            queue_size: 64 << 10,
            line_limit: 8 << 10,
        }
    }

    /// Logs lines of this level and the more severe ones: by default from `Info` on.
    pub fn level(mut self, level: LevelFilter) -> Self {
        self.level = level;
        self
    }

    /// Sets another level for the lines of a module, as `my_gateway::login`, and of those inside it. More exactly: for
    /// the lines whose target this is, which by default is the module that logs.
    pub fn level_for(mut self, module: impl Into<Cow<'static, str>>, level: LevelFilter) -> Self {
        self.levels.push((module.into(), level));
        self
    }

    /// Writes lines in a format of your own; their end is added. It runs on the log thread. If it panics, the line is
    /// written in the default format.
    pub fn format(
        mut self,
        format: impl Fn(&Line<'_>, &mut dyn fmt::Write) -> fmt::Result + Send + 'static,
    ) -> Self {
        self.format = Box::new(format);
        self
    }

    /// Logs to stderr, which is the default.
    pub fn stderr(mut self) -> Self {
        self.output = Output::Stderr;
        self
    }

    /// Appends to a file, which is made if it does not exist; its folder must.
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.output = Output::File(path.into());
        self
    }

    /// Appends to a file, and begins another one by size or by date; see [`Rotation`](super::Rotation).
    #[cfg(feature = "rotation")]
    pub fn rotating_file(mut self, path: impl Into<PathBuf>, rotation: super::Rotation) -> Self {
        self.output = Output::Rotating(path.into(), rotation);
        self
    }

    /// Logs to a writer, which gets many lines at a time. It may block: this holds up the log thread alone. What it
    /// logs itself is discarded.
    pub fn writer(mut self, writer: impl Write + Send + 'static) -> Self {
        self.output = Output::Writer(Box::new(writer));
        self
    }

    /// How many bytes of lines may wait in each thread's queue: by default 64 KiB, at least the
    /// [limit of a line](Config::line_limit) and 512 bytes, at most 1 GiB. A queue is made when its thread logs for the
    /// first time, and freed after the thread's end.
    pub fn queue_size(mut self, bytes: usize) -> Self {
        self.queue_size = bytes;
        self
    }

    /// How many bytes the message of one line may have: 64 bytes to 1 MiB, by default 8 KiB. The rest is cut off, and
    /// the line says how much that was.
    pub fn line_limit(mut self, bytes: usize) -> Self {
        self.line_limit = bytes;
        self
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let Config { queue_size, line_limit, .. } = *self;
        let (least, most) = LINE_LIMITS.into_inner();
        if !(least..=most).contains(&line_limit) {
            return Err(Error::LineLimit { bytes: line_limit, least, most });
        }
        let (least, most) = (line_limit + record::OVERHEAD, LARGEST_QUEUE);
        if !(least..=most).contains(&queue_size) {
            return Err(Error::QueueSize { bytes: queue_size, least, most });
        }
        Ok(())
    }
}

impl Output {
    /// Opens what lines are written to.
    pub(super) fn open(self) -> Result<Sink, Error> {
        match self {
            Output::Stderr => Ok(Sink::new("stderr".to_owned(), Box::new(io::stderr()))),
            Output::Writer(writer) => Ok(Sink::new("the log's writer".to_owned(), writer)),
            Output::File(path) => match OpenOptions::new().create(true).append(true).open(&path) {
                Ok(file) => Ok(Sink::new(format!("the log file {}", path.display()), Box::new(file))),
                Err(source) => Err(Error::File { path, source }),
            },
            #[cfg(feature = "rotation")]
            Output::Rotating(path, rotation) => match rotation.open(&path) {
                Ok(files) => Ok(Sink::new(format!("the log file {}", path.display()), Box::new(files))),
                Err(source) => Err(Error::File { path, source }),
            },
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Config::new()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("level", &self.level)
            .field("levels", &self.levels)
            .field("queue_size", &self.queue_size)
            .field("line_limit", &self.line_limit)
            .finish_non_exhaustive()
    }
}
