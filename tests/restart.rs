//! Servers in processes of their own: signals, exit codes, and what systemd has to do with it.
#![cfg(target_os = "linux")]

mod support;

use std::env;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use mario::{Accept, Conn, Error, Payload, Server, Service};
use rustix::process::{Pid, Signal, kill_process};
use support::{Client, LIMIT, eventually, frame};

const ECHO: u16 = 0x0101;
const HANG: u16 = 0x0102;
const STAY: u16 = 0x0103;
const TOLD: u16 = 0x0104;

/// Says which settings the server of a child process has.
const CHILD: &str = "MARIO_TEST_CHILD";

/// Where the servers of two processes meet.
const MEETING: &str = "MARIO_TEST_MEETING";

/// A file that a child makes while it starts, and the start goes on when it is gone.
const GATE: &str = "MARIO_TEST_GATE";

/// Where it listens, if that is to be known before.
const ADDRESS: &str = "MARIO_TEST_ADDRESS";

/// Where operators reach the server.
const ADMIN: &str = "MARIO_TEST_ADMIN";

/// What a child prints before its address.
const LISTENING: &str = "listening on ";

/// What it prints when a handler is about to hang.
const HANGS: &str = "a handler hangs";

/// What it prints before the reason why it does not start.
const FAILED: &str = "failed: ";

struct Restarted {
    /// Says more at the end than any socket takes.
    is_talkative: bool,
}

impl Service for Restarted {
    /// It stays until it is closed; the others go by themselves.
    type Session = bool;
    type Worker = Gated;

    fn draining(&self, conn: &mut Conn<'_, Self>) -> Duration {
        if !*conn.session() {
            return LIMIT;
        }
        for _ in 0..if self.is_talkative { 600 } else { 0 } {
            conn.send(TOLD, &Payload(&[0; 60_000])).unwrap();
        }
        Duration::ZERO
    }
}

/// The state of a worker, which is made after the sockets were asked for and before the server serves.
struct Gated;

impl Default for Gated {
    fn default() -> Self {
        if let Ok(gate) = env::var(GATE) {
            let _ = std::fs::write(&gate, "");
            eventually("the gate opens", || !Path::new(&gate).exists());
        }
        Gated
    }
}

#[mario::command(ECHO)]
fn echo<'a>(_conn: &mut Conn<'_, Restarted>, request: Payload<'a>) -> Payload<'a> {
    request
}

#[mario::command(STAY)]
fn stay(conn: &mut Conn<'_, Restarted>) {
    *conn.session() = true;
}

/// Never returns.
#[mario::command(HANG)]
fn hang(_conn: &mut Conn<'_, Restarted>) {
    println!("\n{HANGS}");
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
    let mut builder = Server::builder(service, mario::commands![echo, stay, hang])
        .bind(env::var(ADDRESS).as_deref().unwrap_or("127.0.0.1:0"))
        .workers(2)
        .output_limit(64 << 20)
        .shutdown_timeout(if has("hasty") { Duration::from_millis(50) } else { LIMIT })
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
    if let Ok(path) = env::var(MEETING) {
        builder = builder.hand_over(path);
    }
    if let Ok(address) = env::var(ADMIN) {
        builder = builder.admin(address.parse::<SocketAddr>().unwrap());
    }
    if has("one_worker") {
        builder = builder.workers(1);
    }
    if has("three_workers") {
        builder = builder.workers(3);
    }
    if has("drain") {
        builder = builder.drain(Duration::from_millis(300));
    }
    if has("endless_drain") {
        builder = builder.drain(Duration::from_secs(86_400));
    }
    if has("run") {
        return builder.run().unwrap();
    }
    let server = match builder.start() {
        Ok(server) => server,
        Err(error) => {
            println!("\n{FAILED}{error}");
            while has("stays") {
                thread::park();
            }
            std::process::exit(2);
        }
    };
    println!("\n{LISTENING}{}", server.local_addr());
    let result = server.join();
    if !matches!(result, Err(Error::Stuck { .. })) {
        // The system may show them for a moment after they were joined.
        eventually("no thread is left", || threads().is_empty());
    }
    // As a `main` does that returns it.
    if let Err(error) = result {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

/// The names of this process's threads that are mario's.
fn threads() -> Vec<String> {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let names =
        threads.filter_map(|thread| std::fs::read_to_string(thread.unwrap().path().join("comm")).ok());
    names.map(|name| name.trim().to_owned()).filter(|name| name.starts_with("mario-")).collect()
}

fn child_command(settings: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    as_child(&mut command, settings);
    command
}

/// Lets the command be that of a child.
fn as_child<'c>(command: &'c mut Command, settings: &str) -> &'c mut Command {
    command.args(["--exact", "child", "--nocapture", "--test-threads=1"]).env(CHILD, settings)
}

/// A child process with a server.
struct Process {
    child: Child,
    addr: SocketAddr,
    /// What else it prints.
    lines: mpsc::Receiver<String>,
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

    /// Takes over from the process that was started with the same path.
    fn start_at(settings: &str, meeting: &Path) -> Process {
        Process::try_at(settings, meeting).expect("it starts")
    }

    fn try_at(settings: &str, meeting: &Path) -> Result<Process, String> {
        Process::try_with(&[], settings, meeting)
    }

    fn try_with(more: &[(&str, &str)], settings: &str, meeting: &Path) -> Result<Process, String> {
        let mut command = Command::new(env::current_exe().unwrap());
        command.env(MEETING, meeting).envs(more.iter().copied());
        Process::try_spawn(command, settings)
    }

    fn spawn(command: Command, settings: &str) -> Process {
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

    fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    /// Makes a handler hang, and waits until it does.
    fn hang(&self) -> Client {
        let mut client = self.clients(1).remove(0);
        client.send(&frame(HANG, &[]));
        while self.lines.recv_timeout(LIMIT).expect("the handler begins") != HANGS {}
        client
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

    /// Clients whose connections have their slots, and which stay until they are closed.
    fn clients(&self, count: usize) -> Vec<Client> {
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
    for client in &mut clients {
        assert_eq!(client.receive_all(), []);
    }
    drop(clients);
    assert_eq!(flushed.exit().code(), Some(0));

    let unflushed = Process::start("drain,talkative,hasty");
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

#[test]
fn run_serves_until_a_signal_comes() {
    let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for signal in [Signal::TERM, Signal::INT] {
        let mut command = child_command("run");
        let child = command.env(ADDRESS, addr.to_string()).stdout(Stdio::null()).spawn().unwrap();
        let process = Process { child, addr, lines: mpsc::channel().1 };
        eventually("it listens", || std::net::TcpStream::connect(addr).is_ok());
        let mut clients = process.clients(1);
        kill_process(Pid::from_child(&process.child), signal).unwrap();
        assert_eq!(clients[0].receive_all(), []);
        assert_eq!(process.exit().code(), Some(0));
    }
}

#[test]
fn a_start_that_fails_leaves_the_signals_what_they_were() {
    const SIGTERM: i32 = 15;
    for mode in ["stays", "stays,workers_accept,private"] {
        let mut command = child_command(mode);
        let mut child = command.env(ADMIN, "0.0.0.0:0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().starts_with(FAILED)), "it can't start");
        let process = Process { child, addr: ([0; 4], 0).into(), lines: mpsc::channel().1 };
        process.terminate();
        assert_eq!(process.exit().signal(), Some(SIGTERM));
    }
}

#[test]
fn a_stop_ends_by_its_deadline_though_a_handler_hangs() {
    for mode in ["hasty", "hasty,drain", "hasty,drain,workers_accept", "hasty,workers_accept,private"] {
        let process = Process::start(mode);
        let _hanging = process.hang();
        process.terminate();
        assert_eq!(process.exit().code(), Some(1), "{mode}");
    }

    let process = Process::start("hasty,endless_drain");
    let _hanging = process.hang();
    process.terminate();
    eventually("nobody listens any more", || std::net::TcpStream::connect(process.addr).is_err());
    process.terminate();
    assert_eq!(
        process.exit().code(),
        Some(1),
        "a second signal leaves no more time than the shutdown timeout"
    );
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

/// A path that no other test has, and nothing is there.
fn meeting(name: &str) -> PathBuf {
    let path = env::temp_dir().join(format!("mario-{name}-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

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

/// A process that has the sockets of the one before, and does not serve before the gate opens.
struct Late {
    gate: PathBuf,
    start: JoinHandle<Result<Process, String>>,
}

impl Late {
    fn begin(settings: &'static str, meeting: &Path) -> Late {
        let (gate, path) = (meeting.with_extension("gate"), meeting.to_owned());
        let _ = std::fs::remove_file(&gate);
        let text = gate.to_str().unwrap().to_owned();
        let start = thread::spawn(move || Process::try_with(&[(GATE, &text)], settings, &path));
        eventually("it has the sockets", || gate.exists());
        Late { gate, start }
    }

    fn go_on(self) -> Result<Process, String> {
        std::fs::remove_file(&self.gate).unwrap();
        self.start.join().unwrap()
    }
}

/// The sockets are the new process's own by then, and so is the place where the next one asks for them.
#[test]
fn a_stop_amid_a_take_over_takes_nothing_from_the_new_process() {
    const MODES: [&str; 3] =
        ["one_worker,drain", "one_worker,drain,workers_accept", "one_worker,drain,workers_accept,private"];
    for mode in MODES {
        let path = meeting("amid");
        let old = Process::start_at(mode, &path);
        let mut staying = old.clients(1);
        let late = Late::begin(mode, &path);
        let addr = old.addr;
        old.terminate();
        assert_eq!(staying[0].receive_all(), [], "{mode}");
        // Whoever comes now waits for the new process.
        let load = Load::on(addr);
        let new = late.go_on().expect("it starts");
        assert_eq!(old.exit().code(), Some(0));
        load.goes_on();
        let next = Process::start_at(mode, &path);
        assert_eq!((next.addr, new.exit().code()), (addr, Some(0)), "it was found where it should be");
        load.goes_on();
        load.end();
        next.terminate();
        assert_eq!(next.exit().code(), Some(0));
    }
}

/// Where it does not serve after all, the stop goes on as one without a successor.
#[test]
fn a_stop_amid_a_take_over_that_fails_refuses_as_any_other() {
    let mode = "one_worker,workers_accept,private";
    let path = meeting("vain");
    let old = Process::start_at(mode, &path);
    let mut staying = old.clients(1);
    let mut stream = std::os::unix::net::UnixStream::connect(&path).unwrap();
    // Two counts, and the first of the sockets.
    std::io::Read::read_exact(&mut stream, &mut [0; 9]).unwrap();
    old.terminate();
    assert_eq!(staying[0].receive_all(), []);
    drop(stream);
    eventually("nobody listens any more", || std::net::TcpStream::connect(old.addr).is_err());
    assert_eq!(old.exit().code(), Some(0));
    assert!(!path.exists());
}

#[test]
fn a_new_process_that_hangs_is_not_in_the_way_of_the_next() {
    for mode in ["one_worker,drain", "one_worker,drain,workers_accept,private"] {
        let path = meeting("hanging");
        let old = Process::start_at(mode, &path);
        let load = Load::on(old.addr);
        let late = Late::begin(mode, &path);
        let new = Process::start_at(mode, &path);
        assert_eq!(old.exit().code(), Some(0));
        load.goes_on();
        let error = late.go_on().err().expect("it is too late");
        assert!(error.contains("another server has asked for its sockets"), "{error}");
        load.goes_on();
        let next = Process::start_at(mode, &path);
        assert_eq!(new.exit().code(), Some(0));
        load.goes_on();
        load.end();
        next.terminate();
        assert_eq!(next.exit().code(), Some(0));
    }
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
