//! Take-overs amid which the old process is stopped, or the new one hangs.

use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use crate::load::Load;
use crate::process::Process;
use crate::served::GATE;
use crate::support::eventually;
use crate::take_overs::meeting;

/// A process that has the sockets of the one before, and does not serve before the gate opens.
struct Late {
    gate: PathBuf,
    start: JoinHandle<Result<Process, String>>,
}

impl Late {
    fn begin(settings: &'static str, meeting: &Path) -> Late {
        let (gate, path) = (meeting.with_extension("gate"), meeting.to_owned());
        let _ = std::fs::remove_file(&gate);
        let text = gate.to_str().unwrap().to_owned();
        let start = thread::spawn(move || Process::try_with(&[(GATE, &text)], settings, &path));
        eventually("it has the sockets", || gate.exists());
        Late { gate, start }
    }

    fn go_on(self) -> Result<Process, String> {
        std::fs::remove_file(&self.gate).unwrap();
        self.start.join().unwrap()
    }
}

/// The sockets are the new process's own by then, and so is the place where the next one asks for them.
#[test]
fn a_stop_amid_a_take_over_takes_nothing_from_the_new_process() {
    const MODES: [&str; 3] =
        ["one_worker,drain", "one_worker,drain,workers_accept", "one_worker,drain,workers_accept,private"];
    for mode in MODES {
        let path = meeting("amid");
        let old = Process::start_at(mode, &path);
        let mut staying = old.clients(1);
        let late = Late::begin(mode, &path);
        let addr = old.addr;
        old.terminate();
        assert_eq!(staying[0].receive_all(), [], "{mode}");
        // Whoever comes now waits for the new process.
        let load = Load::on(addr);
        let new = late.go_on().expect("it starts");
        assert_eq!(old.exit().code(), Some(0));
        load.goes_on();
        let next = Process::start_at(mode, &path);
        assert_eq!((next.addr, new.exit().code()), (addr, Some(0)), "it was found where it should be");
        load.goes_on();
        load.end();
        next.terminate();
        assert_eq!(next.exit().code(), Some(0));
    }
}

/// Where it does not serve after all, the stop goes on as one without a successor.
#[test]
fn a_stop_amid_a_take_over_that_fails_refuses_as_any_other() {
    let mode = "one_worker,workers_accept,private";
    let path = meeting("vain");
    let old = Process::start_at(mode, &path);
    let mut staying = old.clients(1);
    let mut stream = std::os::unix::net::UnixStream::connect(&path).unwrap();
    // Two counts, and the first of the sockets.
    std::io::Read::read_exact(&mut stream, &mut [0; 9]).unwrap();
    old.terminate();
    assert_eq!(staying[0].receive_all(), []);
    drop(stream);
    eventually("nobody listens any more", || std::net::TcpStream::connect(old.addr).is_err());
    assert_eq!(old.exit().code(), Some(0));
    assert!(!path.exists());
}

#[test]
fn a_new_process_that_hangs_is_not_in_the_way_of_the_next() {
    for mode in ["one_worker,drain", "one_worker,drain,workers_accept,private"] {
        let path = meeting("hanging");
        let old = Process::start_at(mode, &path);
        let load = Load::on(old.addr);
        let late = Late::begin(mode, &path);
        let new = Process::start_at(mode, &path);
        assert_eq!(old.exit().code(), Some(0));
        load.goes_on();
        let error = late.go_on().err().expect("it is too late");
        assert!(error.contains("another server has asked for its sockets"), "{error}");
        load.goes_on();
        let next = Process::start_at(mode, &path);
        assert_eq!(new.exit().code(), Some(0));
        load.goes_on();
        load.end();
        next.terminate();
        assert_eq!(next.exit().code(), Some(0));
    }
}
