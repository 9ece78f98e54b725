//! A server in a process of its own, seen from outside.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

use crate::served::{CHILD, ECHO, FAILED, HANG, HANGS, LISTENING, MEETING, STAY};
use crate::support::{Client, LIMIT, exit_of, frame};

pub(crate) fn child_command(settings: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    as_child(&mut command, settings);
    command
}

/// Lets the command be that of a child.
fn as_child<'c>(command: &'c mut Command, settings: &str) -> &'c mut Command {
    command.args(["--exact", "served::child", "--nocapture", "--test-threads=1"]).env(CHILD, settings)
}

/// A child process with a server.
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) addr: SocketAddr,
    /// What else it prints.
    pub(crate) lines: mpsc::Receiver<String>,
}

impl Process {
    pub(crate) fn start(settings: &str) -> Process {
        Process::spawn(Command::new(env::current_exe().unwrap()), settings)
    }

    /// Passes a socket to it, as systemd does.
    pub(crate) fn start_with(settings: &str, socket: &TcpListener) -> Process {
        let script = "exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" \"$@\"";
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(env::current_exe().unwrap());
        command.stdin(OwnedFd::from(socket.try_clone().unwrap()));
        Process::spawn(command, settings)
    }

    /// Takes over from the process that was started with the same path.
    pub(crate) fn start_at(settings: &str, meeting: &Path) -> Process {
        Process::try_at(settings, meeting).expect("it starts")
    }

    pub(crate) fn try_at(settings: &str, meeting: &Path) -> Result<Process, String> {
        Process::try_with(&[], settings, meeting)
    }

    pub(crate) fn try_with(more: &[(&str, &str)], settings: &str, meeting: &Path) -> Result<Process, String> {
        let mut command = Command::new(env::current_exe().unwrap());
        command.env(MEETING, meeting).envs(more.iter().copied());
        Process::try_spawn(command, settings)
    }

    pub(crate) fn spawn(command: Command, settings: &str) -> Process {
        Process::try_spawn(command, settings).expect("it starts")
    }

    /// Starts it, and waits until it listens.
    fn try_spawn(mut command: Command, settings: &str) -> Result<Process, String> {
        let mut child = as_child(&mut command, settings).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let outcome = lines.find_map(|line| {
            let line = line.unwrap();
            let failed = line.strip_prefix(FAILED).map(|error| Err(error.to_owned()));
            line.strip_prefix(LISTENING).map(|addr| Ok(addr.parse().unwrap())).or(failed)
        });
        // What else it prints must find a reader, whether or not a test wants to know.
        let (sender, rest) = mpsc::channel();
        thread::spawn(move || lines.for_each(|line| drop(sender.send(line.unwrap()))));
        match outcome.expect("it says how it goes") {
            Ok(addr) => Ok(Process { child, addr, lines: rest }),
            Err(error) => {
                assert_eq!(child.wait().unwrap().code(), Some(2));
                Err(error)
            }
        }
    }

    pub(crate) fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    /// Makes a handler hang, and waits until it does.
    pub(crate) fn hang(&self) -> Client {
        let mut client = self.clients(1).remove(0);
        client.send(&frame(HANG, &[]));
        while self.lines.recv_timeout(LIMIT).expect("the handler begins") != HANGS {}
        client
    }

    #[track_caller]
    pub(crate) fn exit(mut self) -> ExitStatus {
        exit_of(&mut self.child)
    }

    /// Clients whose connections have their slots, and which stay until they are closed.
    pub(crate) fn clients(&self, count: usize) -> Vec<Client> {
        let mut clients: Vec<Client> = (0..count).map(|_| Client::connect(self.addr)).collect();
        for client in &mut clients {
            client.send(&frame(STAY, &[]));
            client.call(ECHO, b"hello", b"hello");
        }
        clients
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended, unless the test has failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
