//! From one process to the next: the listening sockets go through a Unix socket, then the old server drains.
//!
//! The new server connects, and gets the sockets. Once it serves it says so; the old one lets it take the place, it does,
//! and the old one shuts down. If the new one never serves, as it could not start, nothing has happened; if it hangs, it is
//! too late as soon as another has asked.

mod office;
mod passing;

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::server::control::ThreadStop;
use crate::threads::{self, system};
use office::Office;
pub(crate) use passing::Estate;
use passing::{DONE, LATE};

/// How long the other side may take for its next words.
const PATIENCE: Duration = Duration::from_secs(10);

const WAIT_FOR_NEXT: &str = "wait for the next server";
const TAKE_OVER: &str = "take over from the server before";

/// A server's place between the one before and the one after.
pub(crate) struct Succession {
    path: PathBuf,
    /// What the one before has passed; empty if there is none.
    pub(crate) inherited: Estate,
    before: Option<UnixStream>,
    office: Office,
    stop: Arc<ThreadStop>,
}

impl Succession {
    /// Asks the server that can be reached at `path` for its sockets, if there is one. It goes on until the end of
    /// [`complete`](Self::complete).
    pub(crate) fn begin(path: &Path) -> Result<Succession> {
        let (office, waker) = Office::new(path).map_err(failed(WAIT_FOR_NEXT, path))?;
        let (before, inherited) = match Estate::ask(path).map_err(failed(TAKE_OVER, path))? {
            Some((before, inherited)) => (Some(before), inherited),
            None => (None, Estate::default()),
        };
        let stop = Arc::new(ThreadStop::new(waker));
        Ok(Succession { path: path.to_owned(), inherited, before, office, stop })
    }

    /// What the one after is to get. If `has_copies`, threads have copies that last as long as the thread, so that
    /// closing ours is not enough.
    pub(crate) fn keep(&mut self, sockets: &[TcpListener], has_copies: bool) -> Result<()> {
        let copies = sockets.iter().map(TcpListener::try_clone).collect::<Result<_, _>>();
        self.office.estate.listeners = copies.map_err(system("copy the listening sockets"))?;
        self.office.has_copies = has_copies;
        Ok(())
    }

    /// The one after gets this too: where operators are listened to.
    pub(crate) fn keep_admin(&mut self, socket: &TcpListener) -> Result<()> {
        let copy = socket.try_clone().map_err(system("copy the admin listener"))?;
        self.office.estate.admin = Some(copy);
        Ok(())
    }

    /// What ends the wait for the one after.
    pub(crate) fn stop(&self) -> Arc<ThreadStop> {
        Arc::clone(&self.stop)
    }

    /// Takes the place of the one before, and begins to wait for the one after. Once that has taken over, `relieved` is
    /// called.
    pub(crate) fn complete(self, relieved: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
        let Succession { path, mut before, office, stop, .. } = self;
        if let Some(stream) = &mut before {
            claim(stream).map_err(failed(TAKE_OVER, &path))?;
        }
        fs::rename(&office.beside, &path).map_err(failed(WAIT_FOR_NEXT, &path))?;
        let place = path.clone();
        let thread = threads::spawn("mario-hand-over", move || office.run(&place, relieved, &stop.flag))?;
        if let Some(mut stream) = before {
            // If it has died, its place is ours all the same.
            let _ = stream.write_all(&[DONE]);
        }
        Ok(thread)
    }
}

/// Asks the one before for its place. One that has died has it no more; one that does not answer will hear when it does
/// that the place is taken.
fn claim(before: &mut UnixStream) -> io::Result<()> {
    let mut answer = [0];
    // If it has turned us away, that is to be read though it listens no more.
    let _ = before.write_all(&[DONE]);
    match before.read_exact(&mut answer) {
        Ok(()) if answer == [LATE] => Err(io::Error::new(
            ErrorKind::TimedOut,
            "another server has asked for its sockets before this one served",
        )),
        Ok(()) => Ok(()),
        Err(error) => {
            log::warn!("the server before does not answer, or has ended by itself: {error}");
            Ok(())
        }
    }
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::HandOver { what, path, source }
}
