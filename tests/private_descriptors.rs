//! Workers with a descriptor table each, in a process of their own: its limits, signals and descriptors are all theirs.
#![cfg(target_os = "linux")]

mod support;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::thread;

use mario::{Accept, Server, Service, Worker};
use rustix::process::{Resource, Rlimit, Signal, getpid, getrlimit, kill_process, setrlimit};
use socket2::{Domain, Socket, Type};
use support::*;

/// One test, as what it looks at belongs to the whole process.
#[test]
fn workers_have_tables_of_their_own() {
    each_has_the_whole_limit();
    what_a_worker_opens_is_its_own_and_nothing_leaks();
    signals_go_to_other_threads();
    too_few_descriptors_are_an_error_of_the_start();
}

/// The numbers of the descriptors that the current thread has.
fn descriptors() -> BTreeSet<u32> {
    let numbers = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    let mut all: BTreeSet<u32> =
        fs::read_dir("/proc/thread-self/fd").unwrap().filter_map(|entry| numbers(entry.unwrap())).collect();
    // That of the folder itself is closed by now.
    all.retain(|number| fs::read_link(format!("/proc/thread-self/fd/{number}")).is_ok());
    all
}

/// The limit with which at most `room` more descriptors can be opened: the system limits their numbers.
fn limit_that_leaves(room: u32) -> u64 {
    let taken = descriptors();
    let last = (0..).filter(|number| !taken.contains(number)).nth(room as usize - 1).unwrap();
    u64::from(last) + 1
}

fn each_has_the_whole_limit() {
    let rig = serve(|builder| {
        builder.workers(4).connections(200).read_timeout(None).accept(Accept::PerWorker).private_descriptors()
    });
    let (room, count) = (50, 120);
    let low = limit_that_leaves(room);
    // To connect, these need no further descriptor.
    let sockets: Vec<Socket> =
        (0..count).map(|_| Socket::new(Domain::IPV4, Type::STREAM, None).unwrap()).collect();
    let mut clients: Vec<Client> = with_limit(low, || {
        let clients = sockets.into_iter().map(|socket| {
            socket.connect(&rig.addr().into()).unwrap();
            let stream = TcpStream::from(socket);
            stream.set_read_timeout(Some(LIMIT)).unwrap();
            Client(stream)
        });
        let clients = clients.collect();
        // However unevenly the system deals them, more are accepted.
        eventually("more than one table has room for", || rig.stats().accepted > room.into());
        clients
    });
    for client in &mut clients {
        client.call(COUNT, &[], &[1, 0, 0, 0]);
    }
    assert_eq!(rig.stats().open, count);
    rig.finish();
}

/// How many files each worker opens.
const FILES: usize = 40;

/// Has a socket that was opened before the start, and opens files on each worker.
struct Opener(UnixStream);

impl Service for Opener {
    type Session = ();
    type Worker = Vec<File>;

    fn started(&self, worker: &mut Worker<'_, Self>) {
        worker.state().extend((0..FILES).map(|_| File::open("/dev/null").unwrap()));
    }

    fn connected(&self, conn: &mut mario::Conn<'_, Self>) {
        // What was opened before is the same here.
        std::io::Write::write_all(&mut &self.0, b"c").unwrap();
        let count = u32::try_from(descriptors().len()).unwrap();
        conn.send(1, &mario::Payload(&count.to_le_bytes())).unwrap();
    }
}

fn what_a_worker_opens_is_its_own_and_nothing_leaks() {
    let before = descriptors();
    let workers = 3;
    for _ in 0..3 {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(LIMIT)).unwrap();
        let server = Server::builder(Opener(theirs), mario::commands![])
            .bind("127.0.0.1:0")
            .workers(workers)
            .accept(Accept::PerWorker)
            .private_descriptors()
            .start()
            .unwrap();
        let clients: Vec<Client> = (0..20).map(|_| Client::connect(server.local_addr())).collect();
        for mut client in clients {
            let told = client.receive(12);
            let in_worker = u32::from_le_bytes(told[8..].try_into().unwrap()) as usize;
            assert!(in_worker >= FILES, "{in_worker} descriptors: the worker does not see its own files");
            // A worker has its files, its poll, its listener, its connections, and a copy of ours: no other worker's.
            let most = before.len() + FILES + 2 * 20 + 3 * workers;
            assert!(in_worker <= most, "{in_worker} descriptors in a worker");
        }
        ours.read_exact(&mut [0; 20]).unwrap();
        let now = descriptors();
        assert!(
            now.len() <= before.len() + 2 + workers,
            "only its socket pair and bells: {before:?} {now:?}"
        );
        server.shutdown().unwrap();
        // All copies of the service's socket are closed, with the tables of the workers.
        assert_eq!(ours.read(&mut [0; 1]).unwrap(), 0);
    }
    assert_eq!(descriptors(), before);
}

fn signals_go_to_other_threads() {
    let rig =
        serve(|builder| builder.workers(2).accept(Accept::PerWorker).private_descriptors().stop_on_signals());
    let mut client = rig.connect();
    client.call(COUNT, &[], &[1, 0, 0, 0]);
    let mut blocked = Vec::new();
    // Workers of the servers before may still be on their way out.
    eventually("there are two workers", || {
        blocked = blocked_signals_of_workers();
        blocked.len() == 2
    });
    let has = |mask: u64, signal: Signal| mask >> (signal.as_raw() - 1) & 1 == 1;
    for mask in blocked {
        assert!(has(mask, Signal::TERM) && has(mask, Signal::CHILD) && !has(mask, Signal::SEGV), "{mask:x}");
    }

    kill_process(getpid(), Signal::TERM).unwrap();
    let joined = thread::spawn(|| rig.server.join());
    eventually("the server has ended", || joined.is_finished());
    joined.join().unwrap().unwrap();
    assert_eq!(client.receive_all(), []);
}

fn too_few_descriptors_are_an_error_of_the_start() {
    let before = descriptors();
    let start = |room, private| {
        let (probe, _events) = Probe::new();
        let builder = Server::builder(probe, COMMANDS).bind("127.0.0.1:0").workers(4).connections(1);
        let builder = builder.accept(Accept::PerWorker);
        let builder = if private { builder.private_descriptors() } else { builder };
        with_limit(limit_that_leaves(room), || builder.start().expect_err("there are too few descriptors"))
    };
    // Four workers need a bell each, and a poll and a listener each: these are in tables of their own, or in one.
    let says = [
        (start(3, true), "a bell for each worker"),
        (start(4, true), "a poll for each worker"),
        (start(5, true), "can't listen on 127.0.0.1:"),
        (start(7, false), "a poll for each worker"),
        (start(11, false), "can't listen on 127.0.0.1:"),
    ];
    for (error, text) in says {
        let error = error.to_string();
        assert!(error.contains(text) && error.contains("Too many open files"), "{error}");
    }
    assert_eq!(descriptors(), before);
    eventually("no worker is left", || blocked_signals_of_workers().is_empty());
}

/// Does something while the process may have descriptors below `limit` only.
fn with_limit<T>(limit: u64, act: impl FnOnce() -> T) -> T {
    let usual = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(limit), ..usual }).unwrap();
    let result = act();
    setrlimit(Resource::Nofile, usual).unwrap();
    result
}

/// Which signals each worker does not take, as bits.
fn blocked_signals_of_workers() -> Vec<u64> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let signals = tasks.filter_map(|task| {
        let status = fs::read_to_string(task.ok()?.path().join("status")).ok()?;
        let field = |name| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let is_worker = field("Name:")?.starts_with("mario-worker");
        is_worker.then(|| u64::from_str_radix(field("SigBlk:")?, 16).ok())?
    });
    signals.collect()
}
