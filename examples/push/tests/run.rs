//! The gateway, its devices and its operators, as they are run.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use rexpect::process::{Signal, WaitStatus};
use rexpect::session::{PtySession, spawn_command};

/// Nothing takes longer than this.
const LIMIT: Duration = Duration::from_secs(20);

/// Starts the program.
fn run(arguments: &[&str]) -> PtySession {
    let mut command = Command::new(env!("CARGO_BIN_EXE_push"));
    command.args(arguments);
    spawn_command(command, Some(LIMIT.as_millis() as u64)).unwrap()
}

/// A device that is online, and ends after so many pushes.
fn device(addr: &str, id: &str, count: &str) -> PtySession {
    let mut device = run(&["device", id, "--topic", "news", "--addr", addr, "--count", count]);
    device.exp_string(&format!("device {id} is online")).unwrap();
    device
}

/// A gateway, where it listens for devices, and where for operators.
fn serve(addr: &str) -> (PtySession, String, String) {
    let mut gateway = run(&["serve", "--addr", addr, "--operators", "127.0.0.1:0"]);
    // The log comes to the same terminal, but its lines begin with the time.
    let mut line = |beginning: &str| {
        let (_, line) = gateway.exp_regex(&format!(r"(?m)^{beginning}\S+\r\n")).unwrap();
        line[beginning.len()..].trim_end().to_owned()
    };
    let addr = line("listening on ");
    let operators = line("operators push to http://");
    (gateway, addr, operators)
}

fn exit_code(device: &PtySession) -> i32 {
    match device.process().wait().unwrap() {
        WaitStatus::Exited(_, code) => code,
        other => panic!("{other:?}"),
    }
}

/// Asks the operators' endpoint.
fn http(addr: &str, request: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    let length = body.len();
    let head =
        format!("{request} HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    format!("{} {}", head.split(' ').nth(1).unwrap(), body.trim_end())
}

fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "{what}: not within {LIMIT:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_push_reaches_a_device_a_topic_and_all_and_its_delivery_is_counted() {
    let (mut gateway, addr, operators) = serve("127.0.0.1:0");
    let operators = &operators;
    let (mut first, mut second) = (device(&addr, "7", "3"), device(&addr, "8", "2"));
    assert_eq!(http(operators, "POST /device/7", "good morning"), "202 queued");
    assert_eq!(http(operators, "POST /topic/news", "it rains"), "202 queued");
    assert_eq!(http(operators, "POST /all", "we close"), "202 queued");
    for push in ["1: good morning", "2: it rains", "3: we close"] {
        first.exp_string(push).unwrap();
    }
    for push in ["2: it rains", "3: we close"] {
        second.exp_string(push).unwrap();
    }
    assert_eq!([exit_code(&first), exit_code(&second)], [0, 0]);
    eventually("all is delivered", || http(operators, "GET /", "").ends_with("pushed, 5 delivered"));
    eventually("nobody is online", || http(operators, "GET /", "").starts_with("200 0 online"));

    gateway.process_mut().signal(Signal::SIGTERM).unwrap();
    assert_eq!(exit_code(&gateway), 0);
}

#[test]
fn an_operator_is_told_what_is_wrong() {
    let (_gateway, _, operators) = &serve("127.0.0.1:0");
    assert_eq!(http(operators, "POST /device/9", "?"), "404 user 9 has no connection");
    assert_eq!(http(operators, "POST /device/seven", "?"), "400 `seven` is no device's number");
    assert_eq!(http(operators, "POST /nowhere", "?"), "404 there are /device/NUMBER, /topic/NAME and /all");
    assert_eq!(http(operators, "POST /all", &"x".repeat(1_001)), "413 a push has at most 1000 bytes");
}

#[test]
fn a_device_comes_back_when_the_gateway_does() {
    let (mut gateway, addr, operators) = serve("127.0.0.1:0");
    let mut device = device(&addr, "7", "2");
    assert_eq!(http(&operators, "POST /device/7", "good morning"), "202 queued");
    device.exp_string("1: good morning").unwrap();
    gateway.process_mut().signal(Signal::SIGTERM).unwrap();
    assert_eq!(exit_code(&gateway), 0);

    let (_gateway, _, operators) = serve(&addr);
    eventually("it is online again", || http(&operators, "GET /", "").starts_with("200 1 online"));
    assert_eq!(http(&operators, "POST /device/7", "good evening"), "202 queued");
    device.exp_string("1: good evening").unwrap();
    assert_eq!(exit_code(&device), 0);
}
