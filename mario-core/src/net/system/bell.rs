//! What ends a poll's wait from any thread.
//!
//! A bell is made before the thread that it wakes: that thread may then get a descriptor table of its own, in which the
//! bell has the same number as in the others, but what is opened later has not. The poll is made on the thread itself.

pub(crate) use imp::Bell;

#[cfg(target_os = "linux")]
mod imp {
    use std::io;
    use std::os::fd::AsRawFd;

    use mio::Interest;
    use mio::unix::SourceFd;
    use nix::errno::Errno;
    use nix::sys::eventfd::{EfdFlags, EventFd};

    use super::super::{SystemPoll, WAKE};

    pub(crate) struct Bell(EventFd);

    impl Bell {
        pub(crate) fn new() -> io::Result<Self> {
            let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
            Ok(Bell(EventFd::from_flags(flags)?))
        }

        /// The poll that the bell wakes; to be made once, on the thread that waits.
        pub(crate) fn poll(&self) -> io::Result<SystemPoll> {
            let poll = mio::Poll::new()?;
            // Each write is an edge of its own, so that nobody needs to read the counter.
            poll.registry().register(&mut SourceFd(&self.0.as_raw_fd()), WAKE, Interest::READABLE)?;
            Ok(SystemPoll(poll))
        }

        pub(super) fn ring(&self) -> io::Result<()> {
            match self.0.write(1) {
                // The counter is at its end, after 2⁶⁴ rings.
                Err(Errno::EAGAIN) => {
                    self.0.read()?;
                    self.ring()
                }
                result => Ok(result.map(drop)?),
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use std::io;
    use std::sync::{Mutex, PoisonError};

    use super::super::{SystemPoll, WAKE};

    pub(crate) struct Bell {
        waker: mio::Waker,
        /// Until it is asked for.
        poll: Mutex<Option<SystemPoll>>,
    }

    impl Bell {
        pub(crate) fn new() -> io::Result<Self> {
            let poll = mio::Poll::new()?;
            let waker = mio::Waker::new(poll.registry(), WAKE)?;
            Ok(Bell { waker, poll: Mutex::new(Some(SystemPoll(poll))) })
        }

        /// The poll that the bell wakes; to be made once, on the thread that waits.
        pub(crate) fn poll(&self) -> io::Result<SystemPoll> {
            let poll = self.poll.lock().unwrap_or_else(PoisonError::into_inner).take();
            poll.ok_or_else(|| io::ErrorKind::AlreadyExists.into())
        }

        pub(super) fn ring(&self) -> io::Result<()> {
            self.waker.wake()
        }
    }
}

impl crate::doorbell::Wake for Bell {
    fn wake(&self) {
        // The sleeper still sees its work at its next timeout.
        if let Err(error) = self.ring() {
            log::error!("a thread can't be woken: {error}");
        }
    }
}
