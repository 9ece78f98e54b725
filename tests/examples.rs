//! The small examples, as a newcomer runs them. The others are packages with tests of their own.

mod support;

use std::io::{BufRead, BufReader, Read};
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

/// What the client of `say_hello` prints.
const EXCHANGE: &str = "\
sent      ff ff ff ff  0f 00  02 06  05 00 4d 61 72 69 6f
          SayHello { name: \"Mario\" }
received  ff ff ff ff  1a 00  02 06  0c 00 68 65 6c 6c 6f 2c 20 4d 61 72 69 6f 01 00 00 00
          Hello { greeting: \"hello, Mario\", calls: 1 }
";

#[test]
fn say_hello_calls_itself_and_serves_on() {
    let mut server = Example::start(example("say_hello").args(["--addr", "127.0.0.1:0"]));
    let addr = server.listening();
    let exchange: String = (0..4).map(|_| server.line()).collect();
    assert_eq!(exchange, EXCHANGE);
    assert_eq!(server.line(), "\n");
    assert!(server.line().starts_with("serving on; call it with `"));
    let call = example("say_hello").args(["call", "Mario", "--addr", &addr]).output().unwrap();
    assert_eq!(String::from_utf8(call.stdout).unwrap(), EXCHANGE);
    server.terminate();
}

#[test]
fn say_hello_serves_and_calls() {
    let mut server =
        Example::start(example("say_hello").args(["serve", "--addr", "127.0.0.1:0", "--workers", "1"]));
    let addr = server.listening();
    let call = example("say_hello").args(["call", "Mario", "--addr", &addr]).output().unwrap();
    assert_eq!(String::from_utf8(call.stdout).unwrap(), EXCHANGE);
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
    let arguments = ["--addr", "127.0.0.1:0", "--every", "20ms", "--workers", "2"];
    let mut server = Example::start(example("maritcp").args(arguments));
    let addr = server.listening().parse().unwrap();
    let mut stderr = BufReader::new(server.child.stderr.take().unwrap());
    let mut lines = String::new();
    let mut online = |wanted: &str| {
        while !lines.ends_with(wanted) {
            assert_ne!(stderr.read_line(&mut lines).unwrap(), 0, "`{wanted}` never came:\n{lines}");
        }
    };
    let login = [0xf7, 0x9a, 0xb6, 0x8e, 0x0a, 0x00, 0x01, 0x61, 0x0a, 0x00];
    let mut log_in = |client: &mut Client| {
        client.send(&login);
        assert_eq!(client.receive(8), [0xf7, 0x9a, 0xb6, 0x8e, 0x08, 0x00, 0x01, 0x61]);
    };
    let mut client = Client::connect(addr);
    online("0 online\n");
    log_in(&mut client);
    log_in(&mut client);
    // As the original's client does, between its login and its end.
    client.send(b"\r\n");
    online("1 online\n");
    drop(client);
    online("0 online\n");
    // More than there are workers, on all of them: what is counted for a worker is not counted for a slot.
    let mut clients: Vec<_> = (0..5).map(|_| Client::connect(addr)).collect();
    clients.iter_mut().for_each(&mut log_in);
    online("5 online\n");
    drop(clients);
    online("0 online\n");
    server.child.stderr = None;
    kill_process(Pid::from_child(&server.child), Signal::INT).unwrap();
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    assert!(!lines.contains("ERROR") && !lines.contains("WARN"), "{lines}");
}
