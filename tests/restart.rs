//! Servers in processes of their own: signals, exit codes, and what systemd has to do with it.
#![cfg(target_os = "linux")]

mod support;

use std::env;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use mario::{Accept, Conn, Payload, Server, Service};
use rustix::process::{Pid, Signal, kill_process};
use support::{Client, LIMIT, eventually, frame};

const ECHO: u16 = 0x0101;
const HANG: u16 = 0x0102;
const TOLD: u16 = 0x0103;

/// Says which settings the server of a child process has.
const CHILD: &str = "MARIO_TEST_CHILD";

/// What a child prints before its address.
const LISTENING: &str = "listening on ";

struct Restarted {
    /// Says more at the end than any socket takes.
    is_talkative: bool,
}

impl Service for Restarted {
    type Session = ();
    type Worker = ();

    fn draining(&self, conn: &mut Conn<'_, Self>) -> Duration {
        for _ in 0..if self.is_talkative { 600 } else { 0 } {
            conn.send(TOLD, &Payload(&[0; 60_000])).unwrap();
        }
        Duration::ZERO
    }
}

#[mario::command(ECHO)]
fn echo<'a>(_conn: &mut Conn<'_, Restarted>, request: Payload<'a>) -> Payload<'a> {
    request
}

/// Never returns.
#[mario::command(HANG)]
fn hang(_conn: &mut Conn<'_, Restarted>) {
    loop {
        thread::park();
    }
}

/// Not a test but the server of those processes that the tests start.
#[test]
fn child() {
    let Ok(settings) = env::var(CHILD) else { return };
    let has = |setting| settings.split(',').any(|one| one == setting);
    let service = Restarted { is_talkative: has("talkative") };
    let mut builder = Server::builder(service, mario::commands![echo, hang])
        .bind("127.0.0.1:0")
        .workers(2)
        .output_limit(64 << 20)
        .shutdown_timeout(if has("talkative") { Duration::from_millis(50) } else { LIMIT })
        .stop_on_signals();
    if has("systemd") {
        builder = builder.systemd();
    }
    if has("workers_accept") {
        builder = builder.accept(Accept::PerWorker);
    }
    if has("private") {
        builder = builder.private_descriptors();
    }
    if has("drain") {
        builder = builder.drain(Duration::from_millis(300));
    }
    if has("endless_drain") {
        builder = builder.drain(Duration::from_secs(86_400));
    }
    let server = builder.start().expect("the child's server starts");
    println!("\n{LISTENING}{}", server.local_addr());
    // As a `main` does that returns it.
    if let Err(error) = server.join() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

/// A child process with a server.
struct Process {
    child: Child,
    addr: SocketAddr,
}

impl Process {
    fn start(settings: &str) -> Process {
        Process::spawn(Command::new(env::current_exe().unwrap()), settings)
    }

    /// Passes a socket to it, as systemd does.
    fn start_with(settings: &str, socket: &TcpListener) -> Process {
        let script = "exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" \"$@\"";
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(env::current_exe().unwrap());
        command.stdin(OwnedFd::from(socket.try_clone().unwrap()));
        Process::spawn(command, settings)
    }

    fn spawn(mut command: Command, settings: &str) -> Process {
        let command = command.args(["--exact", "child", "--nocapture", "--test-threads=1"]);
        let mut child = command.env(CHILD, settings).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let addr = lines.find_map(|line| line.unwrap().strip_prefix(LISTENING)?.parse().ok());
        // What else it prints must find a reader.
        thread::spawn(move || lines.for_each(drop));
        Process { child, addr: addr.expect("it listens") }
    }

    fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    #[track_caller]
    fn exit(mut self) -> ExitStatus {
        let mut status = None;
        eventually("it exits", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// Clients whose connections have their slots.
    fn clients(&self, count: usize) -> Vec<Client> {
        let mut clients: Vec<Client> = (0..count).map(|_| Client::connect(self.addr)).collect();
        for client in &mut clients {
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

/// Clients that come, call once and go, until they are told to stop.
struct Load {
    stop: Arc<AtomicBool>,
    calls: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    fn on(addr: SocketAddr) -> Load {
        let (stop, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let one = |_| {
            let (stop, calls) = (Arc::clone(&stop), Arc::clone(&calls));
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    // Panics if it is refused or reset, or if there is no answer.
                    Client::connect(addr).call(ECHO, b"here", b"here");
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        Load { threads: (0..2).map(one).collect(), stop, calls }
    }

    /// Waits until many more calls have been answered.
    fn goes_on(&self) {
        let before = self.calls.load(Ordering::Relaxed);
        eventually("more calls", || self.calls.load(Ordering::Relaxed) >= before + 100);
    }

    /// Sees that each call was answered.
    fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().expect("no client fails"));
    }
}

#[test]
fn the_exit_code_says_whether_all_was_flushed() {
    let flushed = Process::start("drain");
    let mut clients = flushed.clients(5);
    flushed.terminate();
    assert_eq!(flushed.exit().code(), Some(0));
    for client in &mut clients {
        assert_eq!(client.receive_all(), []);
    }

    let unflushed = Process::start("drain,talkative");
    let _client = unflushed.clients(1);
    unflushed.terminate();
    assert_eq!(unflushed.exit().code(), Some(1));
}

#[test]
fn a_second_signal_ends_a_drain() {
    let process = Process::start("endless_drain");
    let mut clients = process.clients(3);
    process.terminate();
    eventually("nobody listens any more", || std::net::TcpStream::connect(process.addr).is_err());
    for client in &mut clients {
        client.call(ECHO, b"still here?", b"still here?");
    }
    process.terminate();
    assert_eq!(process.exit().code(), Some(0));
    for client in &mut clients {
        assert_eq!(client.receive_all(), []);
    }
}

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
    path: std::path::PathBuf,
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
    let process = manager.start("systemd,endless_drain", Some(period * 4));
    manager.hears("READY=1");
    for _ in 0..4 {
        manager.hears("WATCHDOG=1");
    }
    let mut clients = process.clients(1);
    clients[0].send(&frame(HANG, &[]));
    // One may be under way; then there is none in ten times the period.
    eventually("it is quiet", || manager.news.recv_timeout(period * 10).is_err());
}
