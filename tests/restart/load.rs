//! Clients that come and go, of whom none may be refused.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use crate::served::ECHO;
use crate::support::{Client, eventually};

/// Clients that come, call once and go, until they are told to stop.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    calls: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    pub(crate) fn on(addr: SocketAddr) -> Load {
        let (stop, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let one = |_| {
            let (stop, calls) = (Arc::clone(&stop), Arc::clone(&calls));
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    // Panics if it is refused or reset, or if there is no answer.
                    Client::connect(addr).call(ECHO, b"here", b"here");
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        Load { threads: (0..2).map(one).collect(), stop, calls }
    }

    /// Waits until many more calls have been answered.
    pub(crate) fn goes_on(&self) {
        let before = self.calls.load(Ordering::Relaxed);
        eventually("more calls", || self.calls.load(Ordering::Relaxed) >= before + 100);
    }

    /// Sees that each call was answered.
    pub(crate) fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().expect("no client fails"));
    }
}
