//! Connections for which much waits.

use std::net::SocketAddr;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use super::Connections;
use crate::link::ConnId;
use crate::mail::Letter;
use crate::parts::name::Name;

/// A connection for which output waits, as its peer reads too slowly.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SlowConnection {
    /// Which.
    pub id: ConnId,
    /// Its peer.
    pub peer: SocketAddr,
    /// Whose it is.
    pub user: Option<Name>,
    /// How many bytes wait.
    pub waiting: usize,
    /// For how long its peer has taken as good as nothing: at the [write timeout](crate::Builder::write_timeout) it is
    /// closed.
    pub stalled_for: Duration,
}

/// A question to all workers: which are their slowest connections?
pub(crate) struct Survey {
    pub(crate) most: usize,
    pub(crate) answer: Sender<Vec<SlowConnection>>,
}

impl Connections {
    /// The connections for which most output waits, at most so many. Each worker looks through its slots once, some in
    /// each round of its loop; this waits for them, for at most `patience`, and leaves out who does not answer. So it is for
    /// operators, and not for handlers: their own worker does not answer while they run.
    pub fn slowest(&self, most: usize, patience: Duration) -> Vec<SlowConnection> {
        let (answer, answers) = channel();
        self.survey(|| Survey { most, answer: answer.clone() });
        // Once all have answered, or will not any more, nobody is waited for.
        drop(answer);
        let end = Instant::now() + patience;
        let mut slowest = Vec::new();
        while let Ok(mut some) = answers.recv_timeout(end.saturating_duration_since(Instant::now())) {
            slowest.append(&mut some);
        }
        worst(slowest, most)
    }

    /// Asks each worker.
    pub(crate) fn survey(&self, mut survey: impl FnMut() -> Survey) {
        for worker in &self.0.workers {
            // Where there is no room for it, it is dropped, as nobody answers it.
            let _ = worker.post(Letter::Slowest(survey()));
        }
    }
}

/// The first so many, if those for which most waits come first.
pub(crate) fn worst(mut connections: Vec<SlowConnection>, most: usize) -> Vec<SlowConnection> {
    connections.sort_by_key(|connection| std::cmp::Reverse(connection.waiting));
    connections.truncate(most);
    connections
}
