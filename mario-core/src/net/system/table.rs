//! A thread's own descriptor table: a copy of the one that it shared, which the limit for descriptors counts for itself.

pub(crate) use imp::{HAS_PRIVATE_TABLES, make_table_private};

#[cfg(target_os = "linux")]
mod imp {
    use std::io;

    use nix::sched::{CloneFlags, unshare};
    use nix::sys::signal::{SigSet, Signal};

    pub(crate) const HAS_PRIVATE_TABLES: bool = true;

    /// Signals that tell of the thread itself: they are no others' business, and must not wait.
    const OWN: [Signal; 8] = [
        Signal::SIGABRT,
        Signal::SIGBUS,
        Signal::SIGFPE,
        Signal::SIGILL,
        Signal::SIGPROF,
        Signal::SIGSEGV,
        Signal::SIGSYS,
        Signal::SIGTRAP,
    ];

    /// Gives the current thread a descriptor table of its own.
    ///
    /// From then on it takes no more of the process's signals: a handler usually writes to a descriptor, and if that was
    /// opened later, it is another one here, perhaps somebody's connection.
    pub(crate) fn make_table_private() -> io::Result<()> {
        let mut others = SigSet::all();
        for signal in OWN {
            others.remove(signal);
        }
        others.thread_block()?;
        Ok(unshare(CloneFlags::CLONE_FILES)?)
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use std::io;

    pub(crate) const HAS_PRIVATE_TABLES: bool = false;

    pub(crate) fn make_table_private() -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
