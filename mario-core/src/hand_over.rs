//! From one process to the next: the listening sockets go through a Unix socket, then the old server drains.
//!
//! The new server connects, and gets a count and so many sockets. Once it serves it sends a byte, and the old one shuts
//! down. If it never does, as it could not start, nothing has happened.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::net::{Shutdown, TcpListener};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use mio::{Interest, Token};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use socket2::SockRef;

use crate::error::{Error, Result};
use crate::handle::{ServerHandle, ThreadStop};
use crate::link::ConnId;
use crate::net::uninterrupted;
use crate::threads::{self, system};

/// How long the other side may take for its next words.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a server that waits for its successor to serve looks whether it is to end.
const LOOK: Duration = Duration::from_millis(50);

/// A server's place between the one before and the one after.
pub(crate) struct Succession {
    path: PathBuf,
    /// What the one before has passed; empty if there is none.
    pub(crate) inherited: Vec<TcpListener>,
    before: Option<UnixStream>,
    office: Office,
    stop: Arc<ThreadStop>,
}

impl Succession {
    /// Asks the server that can be reached at `path` for its sockets, if there is one. It goes on until the end of
    /// [`complete`](Self::complete).
    pub(crate) fn begin(path: &Path) -> Result<Succession> {
        let failed = |what| move |source| Error::HandOver { what, path: path.to_owned(), source };
        let (office, waker) = Office::new(path).map_err(failed("wait for the next server"))?;
        let (before, inherited) = match ask(path).map_err(failed("take over from the server before"))? {
            Some((before, inherited)) => (Some(before), inherited),
            None => (None, Vec::new()),
        };
        let stop = Arc::new(ThreadStop::new(waker));
        Ok(Succession { path: path.to_owned(), inherited, before, office, stop })
    }

    /// What the one after is to get. If `has_copies`, threads have copies that last as long as the thread, so that
    /// closing ours is not enough.
    pub(crate) fn keep(&mut self, sockets: &[TcpListener], has_copies: bool) -> Result<()> {
        let copies = sockets.iter().map(TcpListener::try_clone).collect::<Result<_, _>>();
        self.office.sockets = copies.map_err(system("copy the listening sockets"))?;
        self.office.has_copies = has_copies;
        Ok(())
    }

    /// What ends the wait for the one after.
    pub(crate) fn stop(&self) -> Arc<ThreadStop> {
        Arc::clone(&self.stop)
    }

    /// Takes the place of the one before, and begins to wait for the one after.
    pub(crate) fn complete(self, server: ServerHandle) -> Result<JoinHandle<()>> {
        let Succession { path, before, office, stop, .. } = self;
        let opened = fs::rename(&office.beside, &path);
        opened.map_err(|source| Error::HandOver {
            what: "wait for the next server",
            path: path.clone(),
            source,
        })?;
        let thread = threads::spawn("mario-hand-over", move || office.run(&path, &server, &stop.flag))?;
        if let Some(Err(error)) = before.map(|mut before| before.write_all(&[1])) {
            log::warn!("the server before has ended by itself: {error}");
        }
        Ok(thread)
    }
}

/// Where a successor asks for the sockets.
struct Office {
    /// Where it is until it takes the place of the one before.
    beside: PathBuf,
    listener: mio::net::UnixListener,
    poll: mio::Poll,
    sockets: Vec<TcpListener>,
    has_copies: bool,
}

impl Office {
    /// An office that nobody finds yet, and what ends a wait in it from any thread.
    fn new(path: &Path) -> io::Result<(Office, mio::Waker)> {
        let mut beside = OsString::from(path);
        beside.push(format!(".{}", std::process::id()));
        let beside = PathBuf::from(beside);
        let _ = fs::remove_file(&beside);
        let mut listener = mio::net::UnixListener::bind(&beside)?;
        let poll = mio::Poll::new()?;
        poll.registry().register(&mut listener, Token(0), Interest::READABLE)?;
        let waker = mio::Waker::new(poll.registry(), Token(1))?;
        let office = Office { beside, listener, poll, sockets: Vec::new(), has_copies: false };
        // Whoever reaches it can stop the server.
        fs::set_permissions(&office.beside, Permissions::from_mode(0o600))?;
        Ok((office, waker))
    }

    /// Waits for a successor, and ends with the server, or when it is relieved.
    fn run(mut self, path: &Path, server: &ServerHandle, stop: &AtomicBool) {
        match self.is_relieved(stop) {
            Ok(true) => {
                log::info!("the next server has taken over");
                return server.0.begin_shutdown();
            }
            Ok(false) => {}
            Err(error) => log::error!("there can be no hand-over any more: {error}"),
        }
        let _ = fs::remove_file(path);
        if self.has_copies && stop.load(Ordering::Acquire) {
            for socket in &self.sockets {
                // That fails only if nobody listens any more.
                let _ = SockRef::from(socket).shutdown(Shutdown::Read);
            }
        }
    }

    fn is_relieved(&mut self, stop: &AtomicBool) -> io::Result<bool> {
        let mut events = mio::Events::with_capacity(4);
        while !stop.load(Ordering::Acquire) {
            match uninterrupted(|| self.listener.accept()) {
                Ok((stream, _)) => match hand_over(OwnedFd::from(stream).into(), &self.sockets, stop) {
                    Ok(()) => return Ok(true),
                    Err(error) => log::warn!("a server asked for the sockets and did not take over: {error}"),
                },
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    uninterrupted(|| self.poll.poll(&mut events, None))?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        // It is there only if the server has not started.
        let _ = fs::remove_file(&self.beside);
    }
}

/// Asks the server that can be reached at `path` for its sockets; `None` if there is none.
fn ask(path: &Path) -> io::Result<Option<(UnixStream, Vec<TcpListener>)>> {
    let mut stream = match UnixStream::connect(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        result => result?,
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut count = [0; 4];
    stream.read_exact(&mut count)?;
    let count = u32::from_le_bytes(count);
    if count as usize > ConnId::MAX_WORKERS {
        return Err(ErrorKind::InvalidData.into());
    }
    let sockets = (0..count).map(|_| receive(&stream).map(TcpListener::from)).collect::<Result<_, _>>()?;
    Ok(Some((stream, sockets)))
}

/// Gives the sockets to a successor, and waits until it serves.
fn hand_over(mut stream: UnixStream, sockets: &[TcpListener], stop: &AtomicBool) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_read_timeout(Some(LOOK))?;
    stream.write_all(&(sockets.len() as u32).to_le_bytes())?;
    for socket in sockets {
        send(&stream, socket)?;
    }
    loop {
        match stream.read_exact(&mut [0]) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if stop.load(Ordering::Acquire) {
                    return Err(error);
                }
            }
            result => return result,
        }
    }
}

/// Sends a socket, with a byte, as a message has one at least.
fn send(stream: &UnixStream, socket: &TcpListener) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let sockets = [socket.as_fd()];
    control.push(SendAncillaryMessage::ScmRights(&sockets));
    // SIGPIPE is ignored by every Rust program, but perhaps not by a host that is none; not all systems can leave it out.
    #[cfg(target_os = "linux")]
    let flags = SendFlags::NOSIGNAL;
    #[cfg(not(target_os = "linux"))]
    let flags = SendFlags::empty();
    sendmsg(stream, &[IoSlice::new(&[0])], &mut control, flags)?;
    Ok(())
}

/// Receives a socket.
fn receive(stream: &UnixStream) -> io::Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    #[cfg(target_os = "linux")]
    let flags = RecvFlags::CMSG_CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    let flags = RecvFlags::empty();
    recvmsg(stream, &mut [IoSliceMut::new(&mut [0])], &mut control, flags)?;
    let sockets = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(sockets) => Some(sockets),
        _ => None,
    });
    sockets.flatten().next().ok_or_else(|| ErrorKind::UnexpectedEof.into())
}
