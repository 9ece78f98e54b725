//! Sockets on their way from one process to another, and the words in between.

use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};

use super::PATIENCE;
use crate::link::ConnId;

/// The successor serves; or it has taken the place of the one before.
pub(super) const DONE: u8 = 1;

/// The successor may take the place.
pub(super) const GRANTED: u8 = 1;

/// It may not, as another one has asked since.
pub(super) const LATE: u8 = 0;

/// What a server leaves to the next one.
#[derive(Default)]
pub(crate) struct Estate {
    pub(crate) listeners: Vec<TcpListener>,
    /// Where operators are listened to.
    pub(crate) admin: Option<TcpListener>,
}

impl Estate {
    /// Asks the server that can be reached at `path` for what it leaves; `None` if there is none.
    pub(super) fn ask(path: &Path) -> io::Result<Option<(UnixStream, Estate)>> {
        let mut stream = match UnixStream::connect(path) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
                return Ok(None);
            }
            result => result?,
        };
        stream.set_read_timeout(Some(PATIENCE))?;
        let (listeners, admins) = (receive_count(&mut stream)?, receive_count(&mut stream)?);
        if listeners > ConnId::MAX_WORKERS || admins > 1 {
            return Err(ErrorKind::InvalidData.into());
        }
        let mut sockets = (0..listeners + admins).map(|_| receive(&stream).map(TcpListener::from));
        let listeners = sockets.by_ref().take(listeners).collect::<Result<_, _>>()?;
        let admin = sockets.next().transpose()?;
        Ok(Some((stream, Estate { listeners, admin })))
    }

    /// Gives it to the one who has asked.
    pub(super) fn pass(&self, stream: &mut UnixStream) -> io::Result<()> {
        for count in [self.listeners.len(), self.admin.iter().len()] {
            stream.write_all(&(count as u32).to_le_bytes())?;
        }
        self.listeners.iter().chain(&self.admin).try_for_each(|socket| send(stream, socket))
    }
}

fn receive_count(stream: &mut UnixStream) -> io::Result<usize> {
    let mut count = [0; 4];
    stream.read_exact(&mut count)?;
    Ok(u32::from_le_bytes(count) as usize)
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
