//! Signals, and what the exit code says.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::sync::mpsc;

use rustix::process::{Pid, Signal, kill_process};

use crate::process::{Process, child_command};
use crate::served::{ADDRESS, ADMIN, ECHO, FAILED};
use crate::support::eventually;

#[test]
fn the_exit_code_says_whether_all_was_flushed() {
    let flushed = Process::start("drain");
    let mut clients = flushed.clients(5);
    flushed.terminate();
    for client in &mut clients {
        assert_eq!(client.receive_all(), []);
    }
    drop(clients);
    assert_eq!(flushed.exit().code(), Some(0));

    let unflushed = Process::start("drain,talkative,hasty");
    let _client = unflushed.clients(1);
    unflushed.terminate();
    assert_eq!(unflushed.exit().code(), Some(1));
}

#[test]
fn a_second_signal_ends_a_drain() {
    let process = Process::start("endless_drain");
    let mut clients = process.clients(3);
    process.terminate();
    eventually("nobody listens any more", || std::net::TcpStream::connect(process.addr).is_err());
    for client in &mut clients {
        client.call(ECHO, b"still here?", b"still here?");
    }
    process.terminate();
    assert_eq!(process.exit().code(), Some(0));
    for client in &mut clients {
        assert_eq!(client.receive_all(), []);
    }
}

#[test]
fn run_serves_until_a_signal_comes() {
    let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for signal in [Signal::TERM, Signal::INT] {
        let mut command = child_command("run");
        let child = command.env(ADDRESS, addr.to_string()).stdout(Stdio::null()).spawn().unwrap();
        let process = Process { child, addr, lines: mpsc::channel().1 };
        eventually("it listens", || std::net::TcpStream::connect(addr).is_ok());
        let mut clients = process.clients(1);
        kill_process(Pid::from_child(&process.child), signal).unwrap();
        assert_eq!(clients[0].receive_all(), []);
        assert_eq!(process.exit().code(), Some(0));
    }
}

#[test]
fn a_start_that_fails_leaves_the_signals_what_they_were() {
    const SIGTERM: i32 = 15;
    for mode in ["stays", "stays,workers_accept,private"] {
        let mut command = child_command(mode);
        let mut child = command.env(ADMIN, "0.0.0.0:0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().starts_with(FAILED)), "it can't start");
        let process = Process { child, addr: ([0; 4], 0).into(), lines: mpsc::channel().1 };
        process.terminate();
        assert_eq!(process.exit().signal(), Some(SIGTERM));
    }
}

#[test]
fn a_stop_ends_by_its_deadline_though_a_handler_hangs() {
    for mode in ["hasty", "hasty,drain", "hasty,drain,workers_accept", "hasty,workers_accept,private"] {
        let process = Process::start(mode);
        let _hanging = process.hang();
        process.terminate();
        assert_eq!(process.exit().code(), Some(1), "{mode}");
    }

    let process = Process::start("hasty,endless_drain");
    let _hanging = process.hang();
    process.terminate();
    eventually("nobody listens any more", || std::net::TcpStream::connect(process.addr).is_err());
    process.terminate();
    assert_eq!(
        process.exit().code(),
        Some(1),
        "a second signal leaves no more time than the shutdown timeout"
    );
}
