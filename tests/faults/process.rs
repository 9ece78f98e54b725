//! A server in a process of its own, seen from outside.

use std::cell::RefCell;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

use crate::served::{END, LISTENING, SETTINGS};
use crate::support::{Client, exit_of};

pub(crate) struct Process {
    child: Child,
    talk: RefCell<(ChildStdin, Lines<BufReader<ChildStdout>>)>,
    errors: Arc<Mutex<Vec<String>>>,
    pub(crate) addr: SocketAddr,
}

impl Process {
    /// Starts one, and waits until it listens.
    pub(crate) fn start(settings: &str) -> Process {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "served::child", "--nocapture", "--test-threads=1"]);
        command.env(SETTINGS, settings).env("RUST_BACKTRACE", "0");
        let streams = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = streams.spawn().unwrap();
        let errors = Arc::new(Mutex::new(Vec::new()));
        let (stderr, heard) = (child.stderr.take().unwrap(), Arc::clone(&errors));
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                heard.lock().unwrap().push(line);
            }
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let addr = lines.find_map(|line| line.unwrap().strip_prefix(LISTENING).map(str::to_owned));
        let addr = addr.unwrap_or_else(|| panic!("it does not start: {:?}", errors.lock().unwrap()));
        let talk = RefCell::new((child.stdin.take().unwrap(), lines));
        Process { child, talk, errors, addr: addr.parse().unwrap() }
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.addr)
    }

    /// Tells it to do something.
    pub(crate) fn order(&self, order: &str) {
        writeln!(self.talk.borrow_mut().0, "{order}").unwrap();
    }

    /// The sum of a metric over the workers, of those samples whose labels have this text.
    #[track_caller]
    pub(crate) fn metric(&self, name: &str, label: &str) -> u64 {
        self.order("tell");
        let lines = &mut self.talk.borrow_mut().1;
        let samples: Vec<u64> = lines
            .map(|line| line.expect("it goes on"))
            .take_while(|line| line != END)
            .filter_map(|line| {
                let (series, value) = line.rsplit_once(' ')?;
                let (family, labels) = series.split_once('{').unwrap_or((series, ""));
                let is_meant = family.trim_start_matches("mario_") == name && labels.contains(label);
                is_meant.then(|| value.parse().unwrap())
            })
            .collect();
        assert!(!samples.is_empty(), "there is no metric {name} with {label:?}");
        samples.iter().sum()
    }

    /// How many connections have ended for that reason.
    pub(crate) fn ended(&self, reason: &str) -> u64 {
        self.metric("connections_ended_total", reason)
    }

    /// How many connections are open.
    pub(crate) fn open(&self) -> u64 {
        self.metric("slots", "open")
    }

    /// A number of bytes of both pools, `input` or `output`: `capacity`, `used` or `peak`.
    pub(crate) fn pool(&self, pool: &str, what: &str) -> u64 {
        self.metric("pool_bytes", &format!("pool=\"{pool}\",what=\"{what}\""))
    }

    /// How many sockets it has open.
    pub(crate) fn sockets(&self) -> usize {
        let descriptors = fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap();
        let targets = descriptors.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
        targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
    }

    /// The most bytes that were ever resident.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
    }

    /// How many lines it has written to stderr that have this text.
    pub(crate) fn lines(&self, text: &str) -> usize {
        self.errors.lock().unwrap().iter().filter(|line| line.contains(text)).count()
    }

    pub(crate) fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    #[track_caller]
    pub(crate) fn exit(mut self) -> ExitStatus {
        exit_of(&mut self.child)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A test that is through with it, or has failed, waits for nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
