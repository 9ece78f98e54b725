//! A server that is not there, refuses, answers wrong, or stops half-way; arguments that make no sense; Ctrl-C.

mod support;

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::Mutex;

use rustix::process::Signal;
use support::{Server, bench, echo, failure, impostor, signal};

/// Bytes of an echo frame with the default payload.
const FRAME: usize = 72;

/// An address at which nobody listens.
fn nobody() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn assert_names(text: &str, what: &str) {
    assert!(text.contains(what), "{what:?} is not in: {text}");
}

#[test]
fn a_server_that_is_not_there() {
    let nobody = nobody();
    assert_names(&failure(&format!("rps --addr {nobody} --seconds 1")), "connection refused");
    assert_names(&failure(&format!("rps --addr {nobody} --seconds 1")), &nobody);
    assert_names(&failure(&format!("idle --addr {nobody} --connections 5")), "connection refused");
}

#[test]
fn a_server_that_closes_at_once() {
    let addr = impostor(drop);
    assert_names(&failure(&format!("rps --addr {addr} --connections 3 --seconds 60")), "the server");
    assert_names(&failure(&format!("idle --addr {addr} --connections 5")), "the server");
}

#[test]
fn a_server_that_answers_wrong() {
    for (at, what) in [(2, "token"), (5, "length"), (7, "command"), (71, "payload")] {
        let addr = impostor(move |stream| {
            echo(stream, usize::MAX, |i, byte| if i == FRAME + at { !byte } else { byte });
        });
        let text = failure(&format!("rps --addr {addr} --connections 1 --seconds 60"));
        assert_names(
            &text,
            &format!("1 × a reply with a wrong {what}").replace("with a wrong length", "of a wrong length"),
        );
    }
}

#[test]
fn a_server_that_stops_half_way() {
    let addr = impostor(|stream| echo(stream, 100 * FRAME + 5, |_, byte| byte));
    let text = failure(&format!("rps --addr {addr} --connections 1 --warm-up 0 --seconds 60"));
    assert_names(&text, "replies   100");
    // It is a reset if there was a request that it had not read.
    assert_names(&text, "by the server");
}

#[test]
fn a_server_that_is_killed_half_way() {
    let server = Server::start("raw --workers 1");
    let addr = server.addr;
    let load = bench(&format!("rps --addr {addr} --connections 10 --warm-up 0 --seconds 60"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    answers_many(&server);
    drop(server);
    let output = load.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_names(&String::from_utf8_lossy(&output.stdout), "by the server");
}

#[test]
fn a_server_that_never_answers() {
    let kept = Mutex::new(Vec::new());
    let addr = impostor(move |stream| kept.lock().unwrap().push(stream));
    let text = failure(&format!("rps --addr {addr} --connections 4 --seconds 60 --timeout 0.2"));
    assert_names(&text, "4 × no reply in time");
    let text = failure(&format!("idle --addr {addr} --connections 4 --timeout 0.2"));
    assert_names(&text, "1 × no reply in time");
}

#[test]
fn an_address_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    for server in ["serve", "raw", "tokio"] {
        assert_names(&failure(&format!("{server} --addr {addr}")), &addr);
    }
}

#[test]
fn more_connections_than_descriptors() {
    assert_names(&failure("rps --connections 999999999"), "open descriptors");
    assert_names(&failure("idle --connections 999999999"), "open descriptors");
}

#[test]
fn a_payload_that_no_frame_holds() {
    let server = Server::start("raw --workers 1");
    let addr = server.addr;
    assert_names(&failure(&format!("rps --addr {addr} --payload 65528")), "65,527");
    // A frame it is, but longer than servers take by default.
    assert_names(&failure(&format!("rps --addr {addr} --payload 1493 --connections 1")), "the server");
}

#[test]
fn a_process_that_is_not_there() {
    let server = Server::start("raw --workers 1");
    let addr = server.addr;
    assert_names(&failure(&format!("idle --addr {addr} --connections 1 --pid 999999999")), "999999999");
}

#[test]
fn arguments_that_make_no_sense() {
    for arguments in [
        "rps --connections 0",
        "rps --depth 0",
        "rps --seconds -1",
        "rps --seconds nan",
        "rps --addr nowhere",
        "compare --shapes 100",
        "compare --rounds 0",
        "raw --cpus 3-1",
    ] {
        let output = support::run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments}");
        assert!(!output.stderr.is_empty(), "{arguments}");
    }
    assert_names(&failure("compare --servers tokio"), "needs");
    assert_names(&failure("raw --addr 127.0.0.1:0 --cpus 1000"), "1000");
}

#[test]
fn ctrl_c_prints_the_results_so_far() {
    let server = Server::start("raw --workers 1");
    let addr = server.addr;
    let load = bench(&format!("rps --addr {addr} --connections 2 --warm-up 0 --seconds 600"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    answers_many(&server);
    signal(&load, Signal::INT);
    let output = load.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(130));
    assert_names(&text, "replies");
    assert_names(&text, "failures  none");
}

#[test]
fn a_comparison_that_is_stopped_ends_its_servers() {
    let mut comparison = bench("compare --rounds 1000 --shapes 2x1 --servers raw --seconds 0.05 --warm-up 0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut progress = BufReader::new(comparison.stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("round") {
        line.clear();
        assert_ne!(progress.read_line(&mut line).unwrap(), 0, "it ended");
    }
    signal(&comparison, Signal::INT);
    let mut table = String::new();
    comparison.stdout.take().unwrap().read_to_string(&mut table).unwrap();
    assert_eq!(comparison.wait().unwrap().code(), Some(130));
    assert_names(&table, "| raw");
    assert!(children_of(comparison.id()).is_empty());
}

#[test]
fn servers_end_with_the_comparison_that_is_killed() {
    let mut comparison = bench("compare --rounds 1 --shapes 2x1 --servers raw --seconds 600")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let servers = loop {
        let servers = children_of(comparison.id());
        if servers.iter().any(|server| threads_of(*server) > 1) {
            break servers;
        }
        std::thread::yield_now();
    };
    comparison.kill().unwrap();
    comparison.wait().unwrap();
    while servers.iter().any(|server| threads_of(*server) > 0) {
        std::thread::yield_now();
    }
}

/// Waits until the server has written as much as a thousand replies.
fn answers_many(server: &Server) {
    let written = || {
        let io = std::fs::read_to_string(format!("/proc/{}/io", server.pid())).unwrap();
        let line = io.lines().find_map(|line| line.strip_prefix("wchar: ")).unwrap();
        line.parse::<usize>().unwrap()
    };
    while written() < 1000 * FRAME {
        std::thread::yield_now();
    }
}

/// Processes that `parent` has started and not yet waited for.
fn children_of(parent: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
    children.unwrap_or_default().split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

/// How many threads a process has; none if it has ended.
fn threads_of(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count)
}
