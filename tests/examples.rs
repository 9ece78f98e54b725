//! The examples, as a newcomer runs them.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use support::*;

/// A running example; ended when dropped.
struct Example {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

/// Cargo builds the examples beside the tests.
fn example(name: &str) -> Command {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    Command::new(path.join("examples").join(name))
}

impl Example {
    fn start(command: &mut Command) -> Example {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the example is built");
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Example { child, stdout }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    /// The address in the line that says where it listens.
    fn listening(&mut self) -> String {
        let line = self.line();
        line.strip_prefix("listening on ").expect("it says where it listens").trim_end().to_owned()
    }

    /// Ends it in order, and tells what it wrote to stderr.
    fn terminate(mut self) -> String {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "a signal ends it in order");
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        stderr
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn say_hello_serves_and_calls() {
    let mut server =
        Example::start(example("say_hello").args(["serve", "--addr", "127.0.0.1:0", "--workers", "1"]));
    let addr = server.listening();
    let call = example("say_hello").args(["call", "Mario", "--addr", &addr]).output().unwrap();
    assert_eq!(
        String::from_utf8(call.stdout).unwrap(),
        "sent      ff ff ff ff  0f 00  02 06  05 00 4d 61 72 69 6f\n\
        \x20         SayHello { name: \"Mario\" }\n\
         received  ff ff ff ff  1a 00  02 06  0c 00 68 65 6c 6c 6f 2c 20 4d 61 72 69 6f 01 00 00 00\n\
        \x20         Hello { greeting: \"hello, Mario\", calls: 1 }\n"
    );
    assert!(call.status.success());
    server.terminate();
}

#[test]
fn say_hello_without_a_server_says_so() {
    let call = example("say_hello").args(["call", "Mario", "--addr", "127.0.0.1:1"]).output().unwrap();
    assert!(!call.status.success());
    assert!(String::from_utf8(call.stderr).unwrap().contains("no server answers at 127.0.0.1:1"));
}

#[test]
fn say_hello_counts_the_calls_of_each_connection() {
    let mut server = Example::start(example("say_hello").args(["serve", "--addr", "127.0.0.1:0"]));
    let addr = server.listening().parse().unwrap();
    for _ in 0..2 {
        let mut client = Client::connect(addr);
        for calls in 1..4 {
            client.call(0x0602, b"\x01\0M", &[&b"\x08\0hello, M"[..], &[calls, 0, 0, 0]].concat());
        }
    }
    server.terminate();
}

#[test]
fn maritcp_serves_the_original_client_and_counts_who_is_online() {
    let mut server = Example::start(example("maritcp").args(["--addr", "127.0.0.1:0", "--every", "20ms"]));
    let addr = server.listening().parse().unwrap();
    let mut stderr = BufReader::new(server.child.stderr.take().unwrap());
    let mut lines = String::new();
    let mut online = |wanted: &str| {
        while !lines.ends_with(wanted) {
            assert_ne!(stderr.read_line(&mut lines).unwrap(), 0, "`{wanted}` never came:\n{lines}");
        }
    };
    let login = [0xf7, 0x9a, 0xb6, 0x8e, 0x0a, 0x00, 0x01, 0x61, 0x0a, 0x00];
    let mut client = Client::connect(addr);
    online("0 online\n");
    for _ in 0..2 {
        client.send(&login);
        assert_eq!(client.receive(8), [0xf7, 0x9a, 0xb6, 0x8e, 0x08, 0x00, 0x01, 0x61]);
    }
    // As the original's client does, between its login and its end.
    client.send(b"\r\n");
    online("1 online\n");
    drop(client);
    online("0 online\n");
    server.child.stderr = None;
    kill_process(Pid::from_child(&server.child), Signal::INT).unwrap();
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    assert!(!lines.contains("ERROR") && !lines.contains("WARN"), "{lines}");
}

/// Asks the operators' endpoint of the push gateway.
fn http(addr: &str, request: &str, body: &str) -> String {
    let mut stream = std::net::TcpStream::connect(addr).unwrap();
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

#[test]
fn push_reaches_a_device_a_topic_and_all_and_counts_what_was_delivered() {
    let serve = ["serve", "--addr", "127.0.0.1:0", "--operators", "127.0.0.1:0"];
    let mut gateway = Example::start(example("push").args(serve));
    let addr = gateway.listening();
    let operators = gateway.line();
    let operators = operators.strip_prefix("operators push to http://").unwrap().trim_end();
    let device = |id: &str, count: &str| {
        let mut device = Example::start(
            example("push").args(["device", id, "--topic", "news", "--addr", &addr, "--count", count]),
        );
        assert_eq!(device.line(), format!("device {id} is online\n"));
        device
    };
    let (mut first, mut second) = (device("7", "3"), device("8", "2"));
    assert_eq!(http(operators, "POST /device/7", "good morning"), "202 queued");
    assert_eq!(http(operators, "POST /topic/news", "it rains"), "202 queued");
    assert_eq!(http(operators, "POST /all", "we close"), "202 queued");
    assert_eq!(http(operators, "POST /device/9", "?"), "404 user 9 has no connection");
    assert_eq!(http(operators, "POST /device/seven", "?"), "400 `seven` is no device's number");
    assert_eq!(http(operators, "POST /nowhere", "?"), "404 there are /device/NUMBER, /topic/NAME and /all");
    assert_eq!(http(operators, "POST /all", &"x".repeat(1_001)), "413 a push has at most 1000 bytes");
    assert_eq!(
        [first.line(), first.line(), first.line()],
        ["1: good morning\n", "2: it rains\n", "3: we close\n"]
    );
    assert_eq!([second.line(), second.line()], ["2: it rains\n", "3: we close\n"]);
    assert!(first.child.wait().unwrap().success() && second.child.wait().unwrap().success());
    eventually("all is delivered", || http(operators, "GET /", "").ends_with("pushed, 5 delivered"));
    eventually("nobody is online", || http(operators, "GET /", "").starts_with("200 0 online"));
    gateway.terminate();
}

#[test]
fn archive_keeps_texts_from_one_run_to_the_next() {
    let file = std::env::temp_dir().join(format!("mario-archive-{}.db", std::process::id()));
    let _ = std::fs::remove_file(&file);
    let serve =
        || Example::start(example("archive").args(["serve", "--addr", "127.0.0.1:0", "--file"]).arg(&file));
    let run = |arguments: &[&str], addr: &str| {
        let output = example("archive").args(arguments).args(["--addr", addr]).output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap(), output.stderr)
    };
    let mut server = serve();
    let addr = server.listening();
    assert_eq!(run(&["put", "colour", "green"], &addr), (true, "kept\n".into(), vec![]));
    assert_eq!(run(&["get", "colour"], &addr), (true, "green\n".into(), vec![]));
    let (found, _, error) = run(&["get", "size"], &addr);
    assert!(!found && String::from_utf8_lossy(&error).contains("nothing is kept under `size`"));
    // Many requests at once, whose answers come as they are ready; each has the number of its own.
    let mut client = Client::connect(addr.parse().unwrap());
    for number in 0..100u32 {
        let mut request = number.to_le_bytes().to_vec();
        request.extend(b"\x06colour");
        client.send(&frame(0x0402, &request));
    }
    let mut numbers: Vec<u32> = (0..100)
        .map(|_| {
            let bytes = client.receive(8 + 4 + 1 + 2 + 5);
            assert_eq!(bytes[12..], *b"\x01\x05\0green");
            u32::from_le_bytes(bytes[8..12].try_into().unwrap())
        })
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..100).collect::<Vec<_>>());
    drop(client);
    server.terminate();

    let mut server = serve();
    let addr = server.listening();
    assert_eq!(run(&["get", "colour"], &addr), (true, "green\n".into(), vec![]));
    server.terminate();
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn chat_shows_a_room_to_all_who_are_in_it_and_its_history_to_who_comes() {
    let mut server = Example::start(example("chat").args(["serve", "--addr", "127.0.0.1:0"]));
    let addr = server.listening();
    let join = |name: &str| {
        let mut command = example("chat");
        Example::start(command.args(["join", "lobby", "--name", name, "--addr", &addr]).stdin(Stdio::piped()))
    };
    let says = |visitor: &mut Example, text: &str| {
        let stdin = visitor.child.stdin.as_mut().unwrap();
        stdin.write_all(text.as_bytes()).unwrap();
    };
    let mut ann = join("Ann");
    assert_eq!(ann.line(), "* Ann enters\n");
    says(&mut ann, "is anybody here?\n");
    assert_eq!(ann.line(), "Ann: is anybody here?\n");
    let mut bob = join("Bob");
    assert_eq!(
        [bob.line(), bob.line(), bob.line()],
        ["* Ann enters\n", "Ann: is anybody here?\n", "* Bob enters\n"]
    );
    assert_eq!(ann.line(), "* Bob enters\n");
    says(&mut bob, "I am\n");
    assert_eq!([ann.line(), bob.line()], ["Bob: I am\n", "Bob: I am\n"]);
    drop(bob.child.stdin.take());
    assert!(bob.child.wait().unwrap().success());
    assert_eq!(ann.line(), "* Bob leaves\n");
    let nobody =
        example("chat").args(["join", "lobby", "--name", "Eve", "--addr", "127.0.0.1:1"]).output().unwrap();
    assert!(!nobody.status.success());
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("can't enter the room"));
    drop(ann);
    server.terminate();
}
