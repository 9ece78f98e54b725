//! Runs the program as a user does.

#![allow(dead_code, reason = "no test file uses all of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

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

/// What it prints to both outputs; it must fail.
pub fn failure(arguments: &str) -> String {
    let Output { status, stdout, stderr } = run(arguments);
    let text = String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned();
    assert_eq!(status.code(), Some(1), "{arguments}: {text}");
    text
}

/// A server of the program, ended at the latest when it is dropped.
pub struct Server {
    child: Child,
    pub addr: SocketAddr,
}

impl Server {
    pub fn start(command: &str) -> Server {
        let mut child =
            bench(&format!("{command} --addr 127.0.0.1:0")).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addr = line.trim().strip_prefix("listening on ").expect("the first line").parse().unwrap();
        Server { child, addr }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, and waits for that.
    pub fn terminate(mut self) {
        signal(&self.child, Signal::TERM);
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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
