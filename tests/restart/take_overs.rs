//! One process takes over from another.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use crate::load::Load;
use crate::process::Process;
use crate::served::{ADMIN, ECHO};
use crate::support::eventually;

const MODES: [&str; 3] = ["drain", "drain,workers_accept", "drain,workers_accept,private"];

#[test]
fn one_process_after_another_takes_over_and_no_call_is_lost() {
    for mode in MODES {
        let path = meeting("chain");
        let mut current = Process::start_at(mode, &path);
        let load = Load::on(current.addr);
        load.goes_on();
        for _ in 0..4 {
            let mut staying = current.clients(3);
            let next = Process::start_at(mode, &path);
            assert_eq!(next.addr, current.addr);
            for client in &mut staying {
                assert_eq!(client.receive_all(), []);
            }
            drop(staying);
            assert_eq!(current.exit().code(), Some(0), "the one before drains and ends");
            load.goes_on();
            current = next;
        }
        load.end();
        current.terminate();
        assert_eq!(current.exit().code(), Some(0));
        assert!(!path.exists(), "the last one tidies up");
    }
}

#[test]
fn who_stays_is_served_by_the_old_process_while_others_come_to_the_new_one() {
    for mode in ["endless_drain", "endless_drain,workers_accept,private"] {
        let path = meeting("stay");
        let old = Process::start_at(mode, &path);
        let mut staying = old.clients(3);
        let new = Process::start_at(mode, &path);
        let load = Load::on(new.addr);
        load.goes_on();
        for client in &mut staying {
            client.call(ECHO, b"still here?", b"still here?");
        }
        drop(staying);
        assert_eq!(old.exit().code(), Some(0));
        load.goes_on();
        load.end();
        new.terminate();
        assert_eq!(new.exit().code(), Some(0));
    }
}

#[test]
fn if_the_new_process_does_not_start_the_old_one_goes_on() {
    let path = meeting("failing");
    let old = Process::start_at("drain,workers_accept,three_workers", &path);
    let load = Load::on(old.addr);
    for fewer in ["drain", "drain,workers_accept"] {
        let error = Process::try_at(fewer, &path).err().expect("there are too many sockets");
        assert!(error.contains("3 listening sockets are passed"), "{error}");
        load.goes_on();
    }
    let new = Process::start_at("drain,workers_accept,three_workers", &path);
    assert_eq!(old.exit().code(), Some(0));
    load.goes_on();
    load.end();
    new.terminate();
    assert_eq!(new.exit().code(), Some(0));
}

/// The first line of what operators are shown.
fn overview(admin: SocketAddr) -> std::io::Result<String> {
    let mut stream = std::net::TcpStream::connect(admin)?;
    std::io::Write::write_all(&mut stream, b"/\n")?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(line)
}

#[test]
fn operators_are_answered_by_the_new_process_on_the_same_port() {
    let admin = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings: &[(&str, &str)] = &[(ADMIN, &admin.to_string())];
    for mode in ["endless_drain", "endless_drain,workers_accept,private"] {
        let path = meeting("admin");
        let old = Process::try_with(settings, mode, &path).expect("it starts");
        let staying = old.clients(3);
        assert!(overview(admin).unwrap().starts_with("3 open, 3 accepted"));
        let new = Process::try_with(settings, mode, &path).expect("the port is not in its way");
        eventually("the old one answers no more", || {
            (0..10).all(|_| overview(admin).unwrap().starts_with("0 open, 0 accepted"))
        });
        drop(staying);
        assert_eq!(old.exit().code(), Some(0));
        assert!(overview(admin).unwrap().starts_with("0 open, 0 accepted"));
        new.terminate();
        assert_eq!(new.exit().code(), Some(0));
        assert!(overview(admin).is_err());
    }
}

#[test]
fn a_server_that_died_is_not_in_the_way() {
    let path = meeting("dead");
    let mut dead = Process::start_at("drain", &path);
    dead.child.kill().unwrap();
    dead.child.wait().unwrap();
    assert!(path.exists());
    let next = Process::start_at("drain", &path);
    next.clients(1);
    next.terminate();
    assert_eq!(next.exit().code(), Some(0));

    let path = path.join("no/such/folder");
    let error = Process::try_at("drain", &path).err().expect("there can be no socket");
    assert!(error.contains("can't wait for the next server through") && error.contains("no/such"), "{error}");
}

/// Without a successor nobody listens any more, even where workers have copies of the sockets.
#[test]
fn a_stop_without_a_successor_refuses_from_the_beginning() {
    for mode in ["endless_drain", "endless_drain,workers_accept", "endless_drain,workers_accept,private"] {
        let path = meeting("alone");
        let process = Process::start_at(mode, &path);
        let mut clients = process.clients(1);
        process.terminate();
        eventually("nobody listens any more", || std::net::TcpStream::connect(process.addr).is_err());
        clients[0].call(ECHO, b"still here?", b"still here?");
        drop(clients);
        assert_eq!(process.exit().code(), Some(0));
    }
}

/// A path that no other test has, and nothing is there.
pub(crate) fn meeting(name: &str) -> PathBuf {
    let path = env::temp_dir().join(format!("mario-{name}-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}
