//! Connections that join a crowd, and then do nothing but read.

mod reader;

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc;
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
use crate::system::limits::{self, Need};
use crate::system::stop::Stop;
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
    members: usize,
}

struct Shared {
    /// What each is sent, again and again.
    frame: Vec<u8>,
    counters: Counters,
    is_over: AtomicBool,
}

impl Crowd {
    /// Opens the connections, or as many as it can until one fails or it is stopped. Nothing but `frame` is sent to them
    /// from then on.
    ///
    /// # Errors
    /// So many never could be, or the system has no threads for them.
    pub(crate) fn gather(
        server: SocketAddr,
        manner: Manner,
        frame: Vec<u8>,
        stop: &Stop,
    ) -> anyhow::Result<Crowd> {
        let Manner { members, readers, private_descriptors, timeout } = manner;
        let dialer = Dialer::new(server, timeout);
        let in_a_table = if private_descriptors { members.div_ceil(readers) } else { members };
        let needs = [
            &[Need::descriptors(in_a_table as u64, 0, "or use more --readers, or fewer connections")?][..],
            &limits::of_the_machine(members, server, dialer.sources(members)),
        ];
        limits::check(members, &needs.concat())?;
        let shared = Arc::new(Shared { frame, counters: Counters::default(), is_over: false.into() });
        let (is_in, are_in) = mpsc::channel::<()>();
        let share = |reader: usize| members * reader / readers..members * (reader + 1) / readers;
        let start = |reader: usize| {
            let (shared, is_in, numbers) = (Arc::clone(&shared), is_in.clone(), share(reader));
            let stop = stop.clone();
            let read = move || {
                if private_descriptors {
                    limits::separate_descriptors()?;
                }
                let mut failures = Failures::default();
                let reader = join(&shared, &dialer, numbers, &stop, &mut failures)?;
                drop(is_in);
                failures.merge(reader.run(&shared.is_over)?);
                Ok(failures)
            };
            thread::Builder::new().name("crowd".into()).spawn(read)
        };
        let readers = (0..readers).map(start).collect::<Result<_, _>>().context("starting readers")?;
        drop(is_in);
        // Until each has all that it gets.
        let _ = are_in.recv();
        Ok(Crowd { shared, readers, members })
    }

    /// Whether all connections that were wanted are there.
    pub(crate) fn is_whole(&self) -> bool {
        self.counts().held == self.members as u64
    }

    /// What it has got, as replies, and the connections.
    pub(crate) fn counts(&self) -> Counts {
        self.shared.counters.read()
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// Waits until so many frames have come in all, or it is stopped; whether they have.
    pub(crate) fn await_frames(&self, count: u64, timeout: Duration, stop: &Stop) -> bool {
        epoll::be_punctual();
        let began = Instant::now();
        loop {
            let counts = self.counts();
            if counts.replies >= count {
                return true;
            }
            if counts.failures > 0 || began.elapsed() > timeout || stop.is_asked() {
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

/// Opens the connections of these numbers, up to the first that fails.
fn join<'a>(
    shared: &'a Shared,
    dialer: &Dialer,
    numbers: Range<usize>,
    stop: &Stop,
    failures: &mut Failures,
) -> anyhow::Result<Reader<'a>> {
    let joins = frame_to_vec(TOKEN, Join::COMMAND, &Payload(&[]))?;
    let mut share = Vec::with_capacity(numbers.len());
    for number in numbers {
        if stop.is_asked() || shared.counters.read().failures > 0 {
            break;
        }
        match dialer.ask(number, &joins, &joins) {
            Ok(stream) => {
                stream.set_nonblocking(true)?;
                share.push(stream);
            }
            Err(failure) => {
                failures.add(failure);
                shared.counters.add_failure(false);
                break;
            }
        }
    }
    Ok(Reader::new(&shared.frame, &shared.counters, share)?)
}
