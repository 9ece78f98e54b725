//! The archive, as its users run it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use rexpect::process::{Signal, WaitStatus};
use rexpect::session::{PtySession, spawn_command};

/// Nothing takes longer than this, in milliseconds.
const LIMIT: u64 = 20_000;

fn archive() -> Command {
    Command::new(env!("CARGO_BIN_EXE_archive"))
}

/// A server, and where it listens.
fn serve(file: &Path) -> (PtySession, String) {
    let mut command = archive();
    command.args(["serve", "--addr", "127.0.0.1:0", "--file"]).arg(file);
    let mut server = spawn_command(command, Some(LIMIT)).unwrap();
    // The log comes to the same terminal, but its lines begin with the time.
    let (_, line) = server.exp_regex(r"(?m)^listening on \S+\r\n").unwrap();
    (server, line["listening on ".len()..].trim_end().to_owned())
}

/// Ends a server in order.
fn terminate(mut server: PtySession) {
    server.process_mut().signal(Signal::SIGTERM).unwrap();
    assert!(matches!(server.process().wait(), Ok(WaitStatus::Exited(_, 0))));
}

fn ask(addr: &str, arguments: &[&str]) -> Output {
    archive().args(arguments).args(["--addr", addr]).output().unwrap()
}

/// A file that is not there.
fn fresh(name: &str) -> PathBuf {
    let file = std::env::temp_dir().join(format!("archive-{}-{name}.db", std::process::id()));
    let _ = std::fs::remove_file(&file);
    file
}

#[test]
fn texts_are_kept_from_one_run_to_the_next() {
    let file = fresh("runs");
    let (server, addr) = serve(&file);
    assert_eq!(ask(&addr, &["put", "colour", "green"]).stdout, b"kept\n");
    assert_eq!(ask(&addr, &["get", "colour"]).stdout, b"green\n");
    let missing = ask(&addr, &["get", "size"]);
    assert!(!missing.status.success());
    assert!(String::from_utf8_lossy(&missing.stderr).contains("nothing is kept under `size`"));
    terminate(server);

    let (server, addr) = serve(&file);
    assert_eq!(ask(&addr, &["get", "colour"]).stdout, b"green\n");
    terminate(server);
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn of_many_requests_at_once_each_gets_its_own_answer() {
    let file = fresh("many");
    let (server, addr) = serve(&file);
    assert_eq!(ask(&addr, &["put", "colour", "green"]).stdout, b"kept\n");
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(LIMIT))).unwrap();
    let frame = |number: u32| {
        let [a, b, c, d] = number.to_le_bytes();
        // The token, the length, the command, the number, the key.
        [&b"\xff\xff\xff\xff\x13\0\x02\x04"[..], &[a, b, c, d], b"\x06colour"].concat()
    };
    stream.write_all(&(0..100).flat_map(frame).collect::<Vec<_>>()).unwrap();
    let mut numbers: Vec<u32> = (0..100)
        .map(|_| {
            let mut reply = [0; 8 + 4 + 1 + 2 + 5];
            stream.read_exact(&mut reply).unwrap();
            assert_eq!(reply[..8], *b"\xff\xff\xff\xff\x14\0\x02\x04");
            assert_eq!(reply[12..], *b"\x01\x05\0green");
            u32::from_le_bytes(reply[8..12].try_into().unwrap())
        })
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..100).collect::<Vec<_>>());
    drop(stream);
    terminate(server);
    std::fs::remove_file(&file).unwrap();
}
