//! The chat, as its visitors run it.

mod screen;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use rexpect::process::{Signal, WaitStatus};
use rexpect::session::{PtySession, spawn_command};

/// Nothing takes longer than this, in milliseconds.
const LIMIT: u64 = 20_000;

fn chat(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat"));
    command.args(arguments);
    command
}

/// A server, and where it listens.
fn serve(addr: &str) -> (PtySession, String) {
    let mut server = spawn_command(chat(&["serve", "--addr", addr]), Some(LIMIT)).unwrap();
    // The log comes to the same terminal, but its lines begin with the time.
    let (_, line) = server.exp_regex(r"(?m)^listening on \S+\r\n").unwrap();
    (server, line["listening on ".len()..].trim_end().to_owned())
}

/// Ends a server in order.
fn terminate(mut server: PtySession) {
    server.process_mut().signal(Signal::SIGTERM).unwrap();
    assert!(matches!(server.process().wait(), Ok(WaitStatus::Exited(_, 0))));
}

/// A visitor without a terminal; it leaves when dropped.
struct Visitor {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Visitor {
    fn enter(addr: &str, name: &str) -> Visitor {
        let mut command = chat(&["join", "lobby", "--name", name, "--addr", addr]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Visitor { child, lines }
    }

    fn says(&mut self, text: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(text.as_bytes()).unwrap();
    }

    fn hears<const N: usize>(&mut self, wanted: [&str; N]) {
        for wanted in wanted {
            let mut line = String::new();
            self.lines.read_line(&mut line).unwrap();
            assert_eq!(line.trim_end(), wanted);
        }
    }

    /// Its input ends; so does it.
    fn leaves(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_room_is_heard_by_all_who_are_in_it_and_its_history_by_who_comes() {
    let (server, addr) = serve("127.0.0.1:0");
    let mut ann = Visitor::enter(&addr, "Ann");
    ann.hears(["* Ann enters"]);
    ann.says("is anybody here?\n");
    ann.hears(["Ann: is anybody here?"]);
    let mut bob = Visitor::enter(&addr, "Bob");
    bob.hears(["* Ann enters", "Ann: is anybody here?", "* Bob enters"]);
    ann.hears(["* Bob enters"]);
    bob.says("I am\n");
    for visitor in [&mut ann, &mut bob] {
        visitor.hears(["Bob: I am"]);
    }
    bob.leaves();
    ann.hears(["* Bob leaves"]);
    terminate(server);
}

#[test]
fn a_visitor_comes_back_when_the_server_does() {
    let (server, addr) = serve("127.0.0.1:0");
    let mut ann = Visitor::enter(&addr, "Ann");
    ann.hears(["* Ann enters"]);
    terminate(server);
    let (server, _) = serve(&addr);
    ann.hears(["* Ann enters"]);
    ann.says("hello again\n");
    ann.hears(["Ann: hello again"]);
    terminate(server);
}

#[test]
fn without_a_server_nobody_enters() {
    let nobody = chat(&["join", "lobby", "--name", "Eve", "--addr", "127.0.0.1:1"]).output().unwrap();
    assert!(!nobody.status.success());
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("can't enter the room"));
}
