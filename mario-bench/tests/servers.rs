//! Each server keeps to the wire, and each load is content with it.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use socket2::SockRef;
use support::{Running, Server, json, signal};

const SERVERS: [&str; 4] = [
    "serve --workers 2 --connections 64",
    "serve --workers 2 --connections 64 --accept per-worker --private-descriptors",
    "raw --workers 2",
    "tokio --workers 2",
];

const LOGIN: [u8; 10] = [0xf7, 0x9a, 0xb6, 0x8e, 0x0a, 0x00, 0x01, 0x61, 0x0a, 0x00];
const LOGGED_IN: [u8; 8] = [0xf7, 0x9a, 0xb6, 0x8e, 0x08, 0x00, 0x01, 0x61];
const ECHO: [u8; 11] = [0xf7, 0x9a, 0xb6, 0x8e, 0x0b, 0x00, 0x02, 0x06, b'a', b'b', b'c'];

/// What the server sends until it closes, to all of `pieces`.
fn talk(server: &Server, pieces: &[&[u8]]) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.addr).unwrap();
    stream.set_nodelay(true).unwrap();
    for piece in pieces {
        stream.write_all(piece).unwrap();
    }
    stream.shutdown(Shutdown::Write).unwrap();
    let mut replies = Vec::new();
    stream.read_to_end(&mut replies).unwrap();
    replies
}

#[test]
fn answer_in_order_however_the_requests_come() {
    for command in SERVERS {
        let server = Server::start(command);
        let requests = [&LOGIN[..], &ECHO, &LOGIN].concat();
        let replies = [&LOGGED_IN[..], &ECHO, &LOGGED_IN].concat();
        assert_eq!(talk(&server, &[&requests]), replies, "{command}");
        let bytes: Vec<&[u8]> = requests.chunks(1).collect();
        assert_eq!(talk(&server, &bytes), replies, "{command}");
        let (half, rest) = requests.split_at(15);
        assert_eq!(talk(&server, &[half, rest]), replies, "{command}");
        server.terminate();
    }
}

#[test]
fn close_on_what_is_no_frame() {
    let mut wrong_token = ECHO;
    wrong_token[0] ^= 1;
    let mut too_short = ECHO;
    too_short[4] = 7;
    let mut unknown = ECHO;
    unknown[6] = 3;
    for command in SERVERS {
        let server = Server::start(command);
        for wrong in [wrong_token, too_short, unknown] {
            let replies = talk(&server, &[&LOGIN, &wrong]);
            // tokio's `forward` drops what it has not flushed when the stream of requests ends with an error.
            assert!(
                replies == LOGGED_IN || replies.is_empty() && command.starts_with("tokio"),
                "{command}: {wrong:x?}"
            );
        }
    }
}

#[test]
fn the_reply_to_a_peer_that_is_gone_reaches_nobody_else() {
    for command in ["serve --workers 1 --connections 64", "raw --workers 1", "tokio --workers 1"] {
        let server = Server::start(command);
        for _ in 0..50 {
            let mut gone = TcpStream::connect(server.addr).unwrap();
            gone.write_all(&LOGIN).unwrap();
            SockRef::from(&gone).set_linger(Some(Duration::ZERO)).unwrap();
            drop(gone);
            assert_eq!(talk(&server, &[&ECHO]), ECHO, "{command}");
        }
    }
}

#[test]
fn a_peer_that_reads_late_gets_everything() {
    const COUNT: usize = 2_000;
    let frame = [&[0xf7, 0x9a, 0xb6, 0x8e, 0xdc, 0x05, 0x02, 0x06], &[7; 1492][..]].concat();
    for command in SERVERS {
        let server = Server::start(command);
        let mut stream = TcpStream::connect(server.addr).unwrap();
        let mut writer = stream.try_clone().unwrap();
        let frames = frame.repeat(COUNT);
        let sending = std::thread::spawn(move || writer.write_all(&frames).unwrap());
        // The server's socket is full, or will be, before the first byte is read.
        stream.peek(&mut [0]).unwrap();
        let mut replies = vec![0; frame.len() * COUNT];
        stream.read_exact(&mut replies).unwrap();
        assert!(replies.chunks(frame.len()).all(|reply| reply == frame), "{command}");
        sending.join().unwrap();
    }
}

#[test]
fn stand_a_closed_loop() {
    for command in SERVERS {
        let server = Server::start(command);
        for shape in
            ["--connections 1 --threads 1", "--connections 20 --depth 16", "--connections 3 --payload 1492"]
        {
            let report = json(&format!("rps --addr {} --seconds 1 --warm-up 0 --json {shape}", server.addr));
            assert!(report["replies"].as_u64().unwrap() > 0, "{command} {shape}: {report}");
            assert!(report["latency"]["p50"].as_f64().unwrap() > 0.0, "{report}");
            assert_eq!(report["failures"], serde_json::json!({}), "{command} {shape}");
        }
    }
}

#[test]
fn keep_idle_connections() {
    for command in SERVERS {
        let server = Server::start(command);
        let (addr, pid) = (server.addr, server.pid());
        let report = json(&format!("idle --addr {addr} --connections 50 --pid {pid} --json"));
        assert_eq!(report["opened"], 50, "{command}");
        assert_eq!(report["failures"], serde_json::json!({}), "{command}");
        let connections = |weight: &Value| weight["connections"].as_u64().unwrap();
        let weights = report["weights"].as_array().unwrap();
        assert_eq!(weights.iter().map(connections).collect::<Vec<_>>(), [0, 25, 29, 33, 37, 41, 45, 50]);
        assert!(weights.iter().all(|weight| weight["server"].as_u64().unwrap() > 0), "{report}");
    }
}

#[test]
fn are_found_by_their_address_whatever_descriptor_tables_they_have() {
    for command in SERVERS {
        let server = Server::start(command);
        let report =
            json(&format!("rps --addr {} --connections 2 --seconds 1 --warm-up 0 --json", server.addr));
        for moment in [0, 1] {
            let bytes = report["memory"][moment]["server"].as_u64();
            assert!(bytes.is_some_and(|bytes| bytes > 0), "{command}: {report}");
        }
    }
}

#[test]
fn whoever_is_silent_is_closed_only_if_that_is_wanted() {
    let server = Server::start("serve --workers 1 --connections 64 --read-timeout 0.05");
    let mut silent = TcpStream::connect(server.addr).unwrap();
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
}

#[test]
fn tell_how_long_they_took_to_start_and_what_they_take() {
    let mut running = Running::start("serve --addr 127.0.0.1:0 --workers 2 --connections 500000");
    let mut lines = BufReader::new(running.child().stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("listening on "));
    let line = lines.next().unwrap().unwrap();
    assert!(line.starts_with("ready in ") && line.contains(" ms with 1,000,000 slots, "), "{line}");
    assert!(line.ends_with("B resident"), "{line}");
}

#[test]
fn say_if_they_have_more_slots_than_descriptors() {
    let warnings = |options: &str| {
        let program = env!("CARGO_BIN_EXE_mario-bench");
        let serve =
            format!("ulimit -n 1000 && exec '{program}' serve --addr 127.0.0.1:0 --workers 2 {options}");
        let mut server = Command::new("sh");
        server.args(["-c", &serve]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut server = server.spawn().unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        assert!(lines.next().unwrap().unwrap().starts_with("listening on "));
        signal(&server, Signal::TERM);
        String::from_utf8(server.wait_with_output().unwrap().stderr).unwrap()
    };
    let text = warnings("--connections 5000");
    assert!(text.contains("slots for 5000 connections, and a descriptor table holds about 870"), "{text}");
    let text = warnings("--connections 800 --accept per-worker --private-descriptors");
    assert!(!text.contains("descriptor table"), "{text}");
}

#[test]
fn are_compared() {
    let report = json(
        "compare --patience 0 --repeats 0 --rounds 2 --shapes 2x1,2x4 --idle 60 --seconds 0.5 --warm-up 0 \
         --servers raw,mario,mario-per-worker,tokio --json",
    );
    assert_eq!(report["samples"].as_array().unwrap().len(), 2 * 2 * 4);
    let weighed = report["memory"]["servers"].as_array().unwrap();
    let servers: Vec<_> = weighed.iter().filter_map(|row| row["server"].as_str()).collect();
    assert_eq!(servers, ["raw", "mario", "mario-per-worker", "tokio"], "{report}");
    assert_eq!(report["memory"]["connections"], 60);
    let summary = report["summary"].as_array().unwrap();
    assert_eq!(summary.len(), 2 * 4);
    for cell in summary {
        assert!(cell["ratio"]["median"].as_f64().unwrap() > 0.0, "{cell}");
    }
}
