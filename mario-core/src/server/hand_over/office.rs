//! Where a successor asks for the sockets.

use std::ffi::OsString;
use std::fs::{self, Metadata, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use mio::{Interest, Token};
use socket2::SockRef;

use super::PATIENCE;
use super::passing::{Estate, GRANTED, LATE};
use crate::net::uninterrupted;

const LISTENER: Token = Token(0);
const WAKER: Token = Token(1);
const GUEST: Token = Token(2);

/// Where a successor asks for the sockets.
pub(super) struct Office {
    /// Where it is until it takes the place of the one before.
    pub(super) beside: PathBuf,
    /// What the socket's file is known by, wherever it is.
    file: (u64, u64),
    listener: mio::net::UnixListener,
    poll: mio::Poll,
    pub(super) estate: Estate,
    /// Threads have copies of the sockets that last as long as the thread, so that closing ours is not enough.
    pub(super) has_copies: bool,
    /// A successor that has the sockets, and does not serve yet.
    guest: Option<mio::net::UnixStream>,
}

impl Office {
    /// An office that nobody finds yet, and what ends a wait in it from any thread.
    pub(super) fn new(path: &Path) -> io::Result<(Office, mio::Waker)> {
        let mut beside = OsString::from(path);
        beside.push(format!(".{}", std::process::id()));
        let beside = PathBuf::from(beside);
        let _ = fs::remove_file(&beside);
        let mut listener = mio::net::UnixListener::bind(&beside)?;
        let file = identity(&fs::symlink_metadata(&beside)?);
        let poll = mio::Poll::new()?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let waker = mio::Waker::new(poll.registry(), WAKER)?;
        let estate = Estate::default();
        let office = Office { beside, file, listener, poll, estate, has_copies: false, guest: None };
        // Whoever reaches it can stop the server.
        fs::set_permissions(&office.beside, Permissions::from_mode(0o600))?;
        Ok((office, waker))
    }

    /// Waits for a successor, and ends with the server, or when it is relieved.
    pub(super) fn run(mut self, path: &Path, relieved: impl FnOnce(), stop: &AtomicBool) {
        match self.is_relieved(path, stop) {
            Ok(true) => {
                log::info!("the next server has taken over");
                return relieved();
            }
            Ok(false) => {}
            Err(error) => log::error!("there can be no hand-over any more: {error}"),
        }
        if self.is_at(path) {
            let _ = fs::remove_file(path);
        }
        if self.has_copies && stop.load(Ordering::Acquire) {
            for socket in &self.estate.listeners {
                // That fails only if nobody listens any more.
                let _ = SockRef::from(socket).shutdown(Shutdown::Read);
            }
        }
    }

    /// Waits for a successor that serves. After a stop, only for one that has the sockets already: they are its own by
    /// now, if it goes on.
    fn is_relieved(&mut self, path: &Path, stop: &AtomicBool) -> io::Result<bool> {
        let mut events = mio::Events::with_capacity(4);
        let mut end = None;
        loop {
            let mut left = None;
            if stop.load(Ordering::Acquire) {
                let end = *end.get_or_insert_with(|| Instant::now() + PATIENCE);
                left = end.checked_duration_since(Instant::now());
                if self.guest.is_none() || left.is_none() {
                    return Ok(false);
                }
            } else {
                self.receive_guests()?;
            }
            if self.guest_serves() {
                if self.hands_over(path) {
                    return Ok(true);
                }
                continue;
            }
            uninterrupted(|| self.poll.poll(&mut events, left))?;
        }
    }

    /// Gives the sockets to whoever asks. One that has them and does not serve is turned away by the next, as it may
    /// hang, and must not be in the way of all who come after it.
    fn receive_guests(&mut self) -> io::Result<()> {
        loop {
            let stream = match uninterrupted(|| self.listener.accept()) {
                Ok((stream, _)) => OwnedFd::from(stream).into(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            if let Some(mut earlier) = self.guest.take() {
                log::warn!(
                    "a server asked for the sockets, and another asks before it serves: it is turned away"
                );
                let _ = earlier.write(&[LATE]);
            }
            match self.welcome(stream) {
                Ok(guest) => self.guest = Some(guest),
                Err(error) => log::warn!("a server asked for the sockets and could not get them: {error}"),
            }
        }
    }

    fn welcome(&self, mut stream: UnixStream) -> io::Result<mio::net::UnixStream> {
        stream.set_nonblocking(false)?;
        stream.set_write_timeout(Some(PATIENCE))?;
        self.estate.pass(&mut stream)?;
        stream.set_nonblocking(true)?;
        let mut guest = mio::net::UnixStream::from_std(stream);
        self.poll.registry().register(&mut guest, GUEST, Interest::READABLE)?;
        Ok(guest)
    }

    /// Whether the guest says that it serves; it may also have gone.
    fn guest_serves(&mut self) -> bool {
        let Some(guest) = &mut self.guest else { return false };
        match uninterrupted(|| guest.read(&mut [0])) {
            Ok(1..) => return true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Ok(0) => log::warn!("a server asked for the sockets and did not take over"),
            Err(error) => log::warn!("a server asked for the sockets and did not take over: {error}"),
        }
        self.guest = None;
        false
    }

    /// Lets the guest take the place, and sees whether it has.
    fn hands_over(&mut self, path: &Path) -> bool {
        let Some(guest) = self.guest.take() else { return false };
        let mut guest = UnixStream::from(OwnedFd::from(guest));
        let mut outcome = || {
            guest.set_nonblocking(false)?;
            guest.set_read_timeout(Some(PATIENCE))?;
            guest.write_all(&[GRANTED])?;
            guest.read_exact(&mut [0])
        };
        match outcome() {
            Ok(()) => true,
            Err(error) => {
                log::warn!("a server that was to take over did not say that it has: {error}");
                !self.is_at(path)
            }
        }
    }

    /// Whether the file at `path` is the one of this office.
    fn is_at(&self, path: &Path) -> bool {
        fs::symlink_metadata(path).is_ok_and(|metadata| identity(&metadata) == self.file)
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

impl Drop for Office {
    fn drop(&mut self) {
        // It is there only if the server has not started.
        let _ = fs::remove_file(&self.beside);
    }
}
