use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use logroller::{LogRoller, LogRollerBuilder, RotationAge, RotationSize, TimeZone};

/// When a log file is full, and how many old ones are kept.
///
/// ```no_run
/// use mario::log::{Config, Rotation};
///
/// # fn main() -> Result<(), mario::log::Error> {
/// mario::log::init(Config::new().rotating_file("gateway.log", Rotation::daily().keep(14)))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Rotation {
    kind: logroller::Rotation,
    keep: Option<u64>,
}

impl Rotation {
    /// A file a day, by UTC, with the date appended to its name: `gateway.log.2026-03-14`.
    pub fn daily() -> Self {
        Rotation { kind: logroller::Rotation::AgeBased(RotationAge::Daily), keep: None }
    }

    /// A file an hour, by UTC: `gateway.log.2026-03-14-15`.
    pub fn hourly() -> Self {
        Rotation { kind: logroller::Rotation::AgeBased(RotationAge::Hourly), keep: None }
    }

    /// A file as long as it has less than so many bytes. The newest is always `gateway.log`; the older ones are
    /// `gateway.log.1`, `gateway.log.2` and so on.
    ///
    /// Lines that are written together, up to 64 KiB of them, are not divided between files, even if this is less.
    pub fn size(bytes: u64) -> Self {
        Rotation { kind: logroller::Rotation::SizeBased(RotationSize::Bytes(bytes)), keep: None }
    }

    /// Keeps so many of the older files and deletes the others; by default all are kept.
    #[must_use]
    pub fn keep(mut self, files: u64) -> Self {
        self.keep = Some(files);
        self
    }

    pub(super) fn open(self, path: &Path) -> io::Result<RotatingFile> {
        let mut file = RotatingFile { path: path.to_owned(), rotation: self, files: None };
        file.files()?;
        Ok(file)
    }
}

/// A file that `logroller` rotates. After an error it is opened anew: without this, a file that somebody deleted could
/// never be rotated again, and nothing more be logged.
pub(super) struct RotatingFile {
    path: PathBuf,
    rotation: Rotation,
    files: Option<LogRoller>,
}

impl RotatingFile {
    fn files(&mut self) -> io::Result<&mut LogRoller> {
        match &mut self.files {
            Some(files) => Ok(files),
            closed => Ok(closed.insert(open(&self.path, &self.rotation)?)),
        }
    }
}

fn open(path: &Path, rotation: &Rotation) -> io::Result<LogRoller> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(ErrorKind::IsADirectory.into());
    };
    let folder = if folder == Path::new("") { Path::new(".") } else { folder };
    let mut builder = LogRollerBuilder::new(folder, Path::new(name))
        .rotation(rotation.kind.clone())
        .time_zone(TimeZone::UTC);
    if let Some(keep) = rotation.keep {
        // Of files by date, it counts the newest too.
        let newest = u64::from(matches!(rotation.kind, logroller::Rotation::AgeBased(_)));
        builder = builder.max_keep_files(keep.saturating_add(newest));
    }
    builder.build().map_err(io::Error::other)
}

impl Write for RotatingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.files()?.write(bytes).inspect_err(|_| self.files = None)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.files()?.flush()
    }
}
