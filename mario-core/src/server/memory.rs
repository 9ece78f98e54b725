//! How much memory a server takes, known before it starts.

mod plan;

use crate::extent::Extent;
use std::fmt;

/// How much memory the runtime of a server takes, in bytes: [`Builder::memory`](crate::Builder::memory).
///
/// It is a bound for whatever clients do. What the service allocates itself is its own affair, and not in it: the heap of
/// its sessions and of what it keeps for workers, the ids that it pushes to, and the
/// [frames](WorkerMemory::frames) of pushes and later answers that no worker has come to. Nor are the stacks of threads, the
/// kernel's buffers of sockets, and what operators ask for.
///
/// What is laid out at the start is reserved, and becomes resident only as it is used. A worker that has died lays it out
/// once more before it gives back the old; for that moment it is reserved twice.
///
/// ```
/// # struct Gateway;
/// # impl mario::Service for Gateway { type Session = u64; type Worker = (); }
/// # fn main() -> mario::Result<()> {
/// let builder = mario::Server::builder(Gateway, mario::commands![]).workers(4).connections(250_000);
/// let memory = builder.memory()?;
/// println!("{memory}");
/// assert!(memory.total().at_most < 8 << 30);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Memory {
    /// How many workers there are.
    pub workers: usize,
    /// What each of them takes.
    pub worker: WorkerMemory,
}

/// How much memory one worker takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerMemory {
    /// The slots, without the sessions in them.
    pub slots: Extent,
    /// The sessions, without their heap.
    pub sessions: Extent,
    /// When each connection expires, or goes in a drain.
    pub deadlines: Extent,
    /// The pool of incomplete input: [`Builder::input_pool`](crate::Builder::input_pool).
    pub input_pool: Extent,
    /// The pool of unsent output: [`Builder::output_pool`](crate::Builder::output_pool).
    pub output_pool: Extent,
    /// Pushes that are kept aside for slow peers: [`Builder::kept_pushes`](crate::Builder::kept_pushes).
    pub kept: Extent,
    /// What is read, put together and sent at one time.
    pub buffers: Extent,
    /// The way of sockets from the master.
    pub ring: Extent,
    /// Mail from other threads: [`Builder::mailbox`](crate::Builder::mailbox) and
    /// [`deferred`](crate::Builder::deferred).
    pub mailbox: Extent,
    /// Beside the [total](WorkerMemory::total): the frames of the pushes and later answers that wait in the mailbox, if it
    /// is full and each is as long as a frame can be, and of one that is on its way to many. They are as many and as long as the service makes them, and
    /// what many connections are pushed counts once.
    pub frames: Extent,
    /// [`Builder::timers`](crate::Builder::timers).
    pub timers: Extent,
    /// [`Builder::memberships`](crate::Builder::memberships), and at most: each in a group of its own.
    pub groups: Extent,
    /// Whose connections they are; at most, each is somebody's.
    pub users: Extent,
    /// What is limited for each connection or address.
    pub limits: Extent,
    /// What is counted.
    pub counters: Extent,
    /// Lines that wait for the log thread, if [`mario::log`](mod@crate::log) is set up already.
    pub log: Extent,
    /// Lists of connections, for as long as a push to all or a shutdown takes; and what is small.
    pub others: Extent,
}

impl Memory {
    /// What all workers take together.
    pub fn total(&self) -> Extent {
        self.worker.total().times(self.workers)
    }
}

impl WorkerMemory {
    /// Each part, and what it is called.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, Extent)> {
        [
            ("slots", self.slots),
            ("sessions", self.sessions),
            ("deadlines", self.deadlines),
            ("input pool", self.input_pool),
            ("output pool", self.output_pool),
            ("kept pushes", self.kept),
            ("buffers", self.buffers),
            ("ring", self.ring),
            ("mailbox", self.mailbox),
            ("timers", self.timers),
            ("groups", self.groups),
            ("users", self.users),
            ("limits", self.limits),
            ("counters", self.counters),
            ("log", self.log),
            ("others", self.others),
        ]
        .into_iter()
    }

    /// All parts together.
    pub fn total(&self) -> Extent {
        self.parts().fold(Extent::default(), |sum, (_, part)| sum + part)
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |name: &str, Extent { at_start, at_most }| {
            writeln!(f, "{name:<16} {:>12} {:>12}", Bytes(at_start).to_string(), Bytes(at_most).to_string())
        };
        let mut total = Extent::default();
        for (name, part) in self.worker.parts().filter(|(_, part)| part.at_most > 0) {
            row(name, part)?;
            total += part;
        }
        row("a worker", total)?;
        row(&format!("{} workers", self.workers), self.total())?;
        row("frames beside", self.worker.frames.times(self.workers))?;
        Ok(())
    }
}

/// A number of bytes in the unit that suits it.
struct Bytes(usize);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0 as f64;
        match self.0 {
            0..0x400 => write!(f, "{} B", self.0),
            0x400..0x10_0000 => write!(f, "{:.1} KiB", bytes / 1024.0),
            0x10_0000..0x4000_0000 => write!(f, "{:.1} MiB", bytes / f64::from(1 << 20)),
            _ => write!(f, "{:.1} GiB", bytes / f64::from(1 << 30)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_in_the_unit_that_suits_them() {
        let shown = [0, 1023, 1024, 5 << 19, 3 << 30].map(|bytes| Bytes(bytes).to_string());
        assert_eq!(shown, ["0 B", "1023 B", "1.0 KiB", "2.5 MiB", "3.0 GiB"]);
    }
}
