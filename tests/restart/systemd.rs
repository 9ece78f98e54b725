//! A socket that systemd passes, and what it is told.

use std::env;
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::load::Load;
use crate::process::Process;
use crate::served::ECHO;
use crate::support::{Client, LIMIT, eventually, frame};

/// The socket stays with whoever passed it, so that those who connect between two processes wait in it.
#[test]
fn on_a_passed_socket_nobody_is_refused_between_two_processes() {
    for mode in ["systemd", "systemd,workers_accept", "systemd,workers_accept,private"] {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let first = Process::start_with(mode, &socket);
        assert_eq!(first.addr, socket.local_addr().unwrap());
        first.clients(1);
        first.terminate();
        assert_eq!(first.exit().code(), Some(0));

        let mut waiting: Vec<Client> =
            (0..5).map(|_| Client::connect(socket.local_addr().unwrap())).collect();
        for client in &mut waiting {
            client.send(&frame(ECHO, b"anybody?"));
        }
        let second = Process::start_with(mode, &socket);
        for client in &mut waiting {
            assert_eq!(client.receive(16), frame(ECHO, b"anybody?"));
        }
        let load = Load::on(second.addr);
        load.goes_on();
        load.end();
        second.terminate();
        assert_eq!(second.exit().code(), Some(0));
    }
}

/// A socket as systemd has one for its services, and what they have told.
struct Manager {
    news: mpsc::Receiver<String>,
    path: PathBuf,
}

impl Manager {
    fn new(name: &str) -> Manager {
        let path = env::temp_dir().join(format!("mario-{name}-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).unwrap();
        let (sender, news) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 1024];
            while let Ok(count) = socket.recv(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..count]).trim().to_owned();
                if sender.send(text).is_err() {
                    return;
                }
            }
        });
        Manager { news, path }
    }

    fn start(&self, settings: &str, watchdog: Option<Duration>) -> Process {
        let mut command = Command::new(env::current_exe().unwrap());
        command.env("NOTIFY_SOCKET", &self.path);
        if let Some(watchdog) = watchdog {
            command.env("WATCHDOG_USEC", watchdog.as_micros().to_string());
        }
        Process::spawn(command, settings)
    }

    #[track_caller]
    fn hears(&self, news: &str) {
        assert_eq!(self.news.recv_timeout(LIMIT).as_deref(), Ok(news));
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

#[test]
fn systemd_is_told_of_the_start_and_the_stop() {
    for mode in ["systemd,endless_drain", "systemd,endless_drain,workers_accept,private"] {
        let manager = Manager::new("notify");
        let process = manager.start(mode, None);
        manager.hears("READY=1");
        let clients = process.clients(1);
        process.terminate();
        manager.hears("STOPPING=1");
        drop(clients);
        assert_eq!(process.exit().code(), Some(0));
        assert!(manager.news.try_recv().is_err(), "each is told once");
    }
}

#[test]
fn the_watchdog_is_fed_by_idle_workers_and_not_by_one_that_hangs() {
    let manager = Manager::new("watchdog");
    let period = Duration::from_millis(200);
    let process = manager.start("systemd,hasty", Some(period * 4));
    manager.hears("READY=1");
    for _ in 0..4 {
        manager.hears("WATCHDOG=1");
    }
    let _hanging = process.hang();
    // One may be under way; then there is none in ten times the period.
    eventually("it is quiet", || manager.news.recv_timeout(period * 10).is_err());
    process.terminate();
    assert_eq!(process.exit().code(), Some(1));
}
