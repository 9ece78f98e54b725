//! Stops and restarts while clients talk. Those who come and go meanwhile are in `tests/restart`.

use std::env;
use std::fs;
use std::io::Read;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use crate::process::Process;
use crate::support::{Client, ECHO, eventually, frame};

/// A client that asks one thing after the other, until its server says that there is no more.
struct Talk {
    calls: Arc<AtomicUsize>,
    thread: JoinHandle<()>,
}

impl Talk {
    /// Whenever a server ends, it goes on with the next one until it is to stop; if there is no stop, it stops with the
    /// server.
    fn with(addr: SocketAddr, stop: Option<Arc<AtomicBool>>) -> Talk {
        let calls = Arc::new(AtomicUsize::new(0));
        let thread = thread::spawn({
            let calls = Arc::clone(&calls);
            move || {
                loop {
                    let is_stopped = talk(Client::connect(addr), &calls, stop.as_deref());
                    if is_stopped || stop.is_none() {
                        return;
                    }
                }
            }
        });
        Talk { calls, thread }
    }

    fn goes_on(&self) {
        let before = self.calls.load(Ordering::Relaxed);
        eventually("it is answered", || {
            assert!(!self.thread.is_finished(), "something else than a reply has come");
            self.calls.load(Ordering::Relaxed) >= before + 50
        });
    }
}

/// Talks until the server ends it, in order: what it has sent is whole frames, and what it has not answered was not
/// begun. Whether it was stopped before.
fn talk(mut client: Client, calls: &AtomicUsize, stop: Option<&AtomicBool>) -> bool {
    while !stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
        let request = frame(ECHO, &calls.load(Ordering::Relaxed).to_le_bytes());
        client.send(&request);
        let mut reply = Vec::new();
        (&client.0).take(request.len() as u64).read_to_end(&mut reply).expect("there is no reset");
        if reply.is_empty() {
            return false;
        }
        assert_eq!(reply, request, "a reply is whole");
        calls.fetch_add(1, Ordering::Relaxed);
    }
    true
}

#[test]
fn a_termination_under_load_tears_no_reply() {
    let server = Process::start("drain=300");
    let talks: Vec<_> = (0..8).map(|_| Talk::with(server.addr, None)).collect();
    talks.iter().for_each(Talk::goes_on);
    server.terminate();
    assert_eq!(server.exit().code(), Some(0), "all was flushed");
    talks.into_iter().for_each(|talk| talk.thread.join().unwrap());
}

#[test]
fn a_hot_restart_under_load_loses_no_reply() {
    let path = env::temp_dir().join(format!("mario-faults-{}", std::process::id()));
    let _ = fs::remove_file(&path);
    let settings = format!("drain=300,path={}", path.display());
    let stop = Arc::new(AtomicBool::new(false));
    let mut server = Process::start(&settings);
    let talks: Vec<_> = (0..8).map(|_| Talk::with(server.addr, Some(Arc::clone(&stop)))).collect();
    for _ in 0..3 {
        talks.iter().for_each(Talk::goes_on);
        let next = Process::start(&settings);
        assert_eq!(server.exit().code(), Some(0), "the one before drains and ends");
        server = next;
    }
    talks.iter().for_each(Talk::goes_on);
    stop.store(true, Ordering::Relaxed);
    talks.into_iter().for_each(|talk| talk.thread.join().unwrap());
    server.terminate();
    assert_eq!(server.exit().code(), Some(0));
}
