//! Runs the program as a user does.

#![allow(dead_code, reason = "no test file uses all of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// No test waits longer than this for anything.
const LIMIT: Duration = Duration::from_secs(30);

/// The program, with arguments in one line.
pub fn bench(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mario-bench"));
    command.args(arguments.split_whitespace()).stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub fn run(arguments: &str) -> Output {
    bench(arguments).output().unwrap()
}

/// What it prints as JSON; it must succeed.
pub fn json(arguments: &str) -> Value {
    let Output { status, stdout, stderr } = run(arguments);
    assert!(status.success(), "{arguments}: {}", String::from_utf8_lossy(&stderr));
    serde_json::from_slice(&stdout).unwrap()
}

/// What it prints to its first output; it must succeed.
pub fn stdout(arguments: &str) -> String {
    let Output { status, stdout, stderr } = run(arguments);
    assert!(status.success(), "{arguments}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// The figure of that name in what was printed.
pub fn figure<'a>(text: &'a str, name: &str) -> &'a str {
    let mut figures = text.lines().filter_map(|line| line.strip_prefix("  ")?.strip_prefix(name));
    figures.next().unwrap_or_else(|| panic!("there is no {name} in {text}")).trim()
}

/// What it prints to both outputs; it must fail.
pub fn failure(arguments: &str) -> String {
    let Output { status, stdout, stderr } = run(arguments);
    let text = String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned();
    assert_eq!(status.code(), Some(1), "{arguments}: {text}");
    text
}

/// The program while it runs, ended at the latest when it is dropped.
pub struct Running(Option<Child>);

impl Running {
    pub fn start(arguments: &str) -> Running {
        let mut command = bench(arguments);
        Running(Some(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()))
    }

    pub fn child(&mut self) -> &mut Child {
        self.0.as_mut().unwrap()
    }

    /// Waits for its end.
    pub fn output(mut self) -> Output {
        self.0.take().unwrap().wait_with_output().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A server of the program, ended at the latest when it is dropped.
pub struct Server {
    running: Running,
    pub addr: SocketAddr,
}

impl Server {
    pub fn start(command: &str) -> Server {
        let mut running = Running::start(&format!("{command} --addr 127.0.0.1:0"));
        let mut line = String::new();
        BufReader::new(running.child().stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addr = line.trim().strip_prefix("listening on ").expect("the first line").parse().unwrap();
        Server { running, addr }
    }

    pub fn pid(&self) -> u32 {
        self.running.0.as_ref().unwrap().id()
    }

    /// Asks it to end, and waits for that.
    pub fn terminate(mut self) {
        signal(self.running.child(), Signal::TERM);
        self.running.output();
    }
}

pub fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// A server that does with its first connections whatever `serve` does, for as long as the test runs.
pub fn impostor(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            serve(stream.unwrap());
        }
    });
    addr
}

/// Echoes the first `bytes` bytes of a connection, each changed by `change`, and closes it.
pub fn echo(mut stream: TcpStream, bytes: usize, change: impl Fn(usize, u8) -> u8) {
    let mut at = 0;
    let mut buffer = [0; 1024];
    while at < bytes {
        let wanted = buffer.len().min(bytes - at);
        let Ok(count @ 1..) = stream.read(&mut buffer[..wanted]) else { return };
        for byte in &mut buffer[..count] {
            *byte = change(at, *byte);
            at += 1;
        }
        if stream.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
}

/// Waits for a condition.
pub fn eventually(what: &str, condition: impl Fn() -> bool) {
    let until = Instant::now() + LIMIT;
    while !condition() {
        assert!(Instant::now() < until, "waited {LIMIT:?}, but not: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Waits until the server has used so much CPU time, in hundredths of a second, that it has answered many requests.
pub fn answers_many(server: &Server) {
    eventually("the server works", || ticks_of(server.pid()) >= 3);
}

/// CPU time that a process has used, in hundredths of a second.
pub fn ticks_of(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The fields after the name in parentheses; the eleventh and twelfth of them are the user's and the kernel's.
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields).split(' ').skip(11).take(2);
    fields.map(|ticks| ticks.parse::<u64>().unwrap_or_default()).sum()
}

/// Processes that `parent` has started and not yet waited for.
pub fn children_of(parent: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
    children.unwrap_or_default().split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

/// How many sockets a process has open. It may open and close files at any time, as its allocator does.
pub fn sockets_of(pid: u32) -> usize {
    let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd"));
    let targets =
        descriptors.into_iter().flatten().filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
}

/// How many threads a process has; none if it has ended.
pub fn threads_of(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count)
}
