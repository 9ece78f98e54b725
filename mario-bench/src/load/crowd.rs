//! Connections that join a crowd, and then do nothing but read.

mod reader;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use mario::proto::{Payload, Request, frame_to_vec};

use self::reader::Reader;
use crate::load::counters::{Counters, Counts};
use crate::load::dial::Dialer;
use crate::load::failure::Failures;
use crate::orders::Join;
use crate::system::epoll;
use crate::system::limits;
use crate::wire::TOKEN;

/// How often it is looked whether all has come.
const GLANCE: Duration = Duration::from_micros(50);

/// How a crowd is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) members: usize,
    /// Threads that read.
    pub(crate) readers: usize,
    /// Whether each thread keeps a descriptor table of its own, as one is too small for all.
    pub(crate) private_descriptors: bool,
    /// How long each step of joining may take.
    pub(crate) timeout: Duration,
}

/// The connections, with the threads that read and compare every byte.
pub(crate) struct Crowd {
    shared: Arc<Shared>,
    readers: Vec<JoinHandle<anyhow::Result<Failures>>>,
}

struct Shared {
    /// What each is sent, again and again.
    frame: Vec<u8>,
    counters: Counters,
    is_over: AtomicBool,
}

impl Crowd {
    /// Opens the connections, to which nothing but `frame` is sent from then on.
    ///
    /// # Errors
    /// One can't be opened or does not get in, or the system has no threads or descriptors for them.
    pub(crate) fn gather(server: SocketAddr, manner: Manner, frame: Vec<u8>) -> anyhow::Result<Crowd> {
        let Manner { members, readers, private_descriptors, timeout } = manner;
        let dialer = Dialer::new(server, timeout);
        if !private_descriptors {
            limits::need_connections(members, server, dialer.sources(members))?;
        }
        let shared = Arc::new(Shared { frame, counters: Counters::default(), is_over: false.into() });
        let (is_in, are_in) = mpsc::channel();
        let share = |reader: usize| members * reader / readers..members * (reader + 1) / readers;
        let start = |reader: usize| {
            let (shared, is_in, numbers) = (Arc::clone(&shared), is_in.clone(), share(reader));
            let read = move || {
                if private_descriptors {
                    limits::separate_descriptors()?;
                }
                let reader = join(&shared, &dialer, numbers, &is_in)?;
                drop(is_in);
                Ok(reader.run(&shared.is_over)?)
            };
            thread::Builder::new().name("crowd".into()).spawn(read)
        };
        let readers = (0..readers).map(start).collect::<Result<_, _>>().context("starting readers")?;
        drop(is_in);
        let crowd = Crowd { shared: Arc::clone(&shared), readers };
        // Each tells of its connections, or has failed.
        if are_in.iter().sum::<usize>() < members {
            crowd.part()?;
            return Err(anyhow!("not all {members} connections could join"));
        }
        Ok(crowd)
    }

    /// What it has got, as replies, and the connections.
    pub(crate) fn counts(&self) -> Counts {
        self.shared.counters.read()
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// Waits until so many frames have come in all; whether they have.
    pub(crate) fn await_frames(&self, count: u64, timeout: Duration) -> bool {
        epoll::be_punctual();
        let began = Instant::now();
        loop {
            let counts = self.counts();
            if counts.replies >= count {
                return true;
            }
            if counts.failures > 0 || began.elapsed() > timeout {
                return false;
            }
            thread::sleep(GLANCE);
        }
    }

    /// Closes the connections; the answer is how some failed before.
    ///
    /// # Errors
    /// A thread failed.
    pub(crate) fn part(mut self) -> anyhow::Result<Failures> {
        self.shared.is_over.store(true, Relaxed);
        let mut failures = Failures::default();
        for reader in self.readers.drain(..) {
            failures.merge(reader.join().map_err(|_| anyhow!("a thread that reads panicked"))??);
        }
        Ok(failures)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Relaxed);
    }
}

/// Opens the connections of these numbers.
fn join<'a>(
    shared: &'a Shared,
    dialer: &Dialer,
    numbers: std::ops::Range<usize>,
    is_in: &Sender<usize>,
) -> anyhow::Result<Reader<'a>> {
    let joins = frame_to_vec(TOKEN, Join::COMMAND, &Payload(&[]))?;
    let mut share = Vec::with_capacity(numbers.len());
    for number in numbers {
        let stream =
            dialer.ask(number, &joins, &joins).with_context(|| format!("connection {}", number + 1))?;
        stream.set_nonblocking(true)?;
        share.push(stream);
    }
    let count = share.len();
    let reader = Reader::new(&shared.frame, &shared.counters, share)?;
    let _ = is_in.send(count);
    Ok(reader)
}
