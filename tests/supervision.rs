//! Workers that hang: noticed, named, and dealt no more connections.

mod support;

use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use mario::{Conn, Error, Payload, Server, Service};
use support::{Client, eventually, exit_of, frame};

const WHERE: u16 = 0x0101;
const HANG: u16 = 0x0102;

/// Hangs until it is let go.
#[derive(Clone, Default)]
struct Hook(Arc<(Mutex<bool>, Condvar)>);

impl Hook {
    fn hang(&self) {
        let (free, changed) = &*self.0;
        let _free = changed.wait_while(free.lock().unwrap(), |free| !*free).unwrap();
    }

    fn let_go(&self) {
        let (free, changed) = &*self.0;
        *free.lock().unwrap() = true;
        changed.notify_all();
    }
}

impl Service for Hook {
    type Session = ();
    type Worker = ();
}

/// Answers with the worker's number.
#[mario::command(WHERE)]
fn answer_where(conn: &mut Conn<'_, Hook>) -> Payload<'static> {
    Payload([b"0", b"1"][conn.id().worker()])
}

#[mario::command(HANG)]
fn hang(conn: &mut Conn<'_, Hook>) {
    conn.service().hang();
}

fn worker_of(client: &mut Client) -> u8 {
    client.send(&frame(WHERE, b""));
    client.receive(9)[8]
}

#[test]
fn a_worker_that_hangs_gets_no_more_connections_until_it_comes_round_again() {
    let hook = Hook::default();
    let server = Server::builder(hook.clone(), mario::commands![answer_where, hang])
        .bind("127.0.0.1:0")
        .workers(2)
        .watchdog(Duration::from_millis(500))
        .start()
        .unwrap();
    let mut clients: Vec<_> = (0..4).map(|_| Client::connect(server.local_addr())).collect();
    let workers: BTreeSet<_> = clients.iter_mut().map(worker_of).collect();
    assert_eq!(workers, BTreeSet::from([b'0', b'1']));
    assert_eq!((server.stats().stalled, server.stats().stalls), (0, 0));

    let stuck = worker_of(&mut clients[0]);
    clients[0].send(&frame(HANG, b""));
    clients[0].send(&frame(WHERE, b""));
    eventually("it is noticed", || server.stats().stalled == 1);
    let mut others: Vec<_> = (0..10).map(|_| Client::connect(server.local_addr())).collect();
    for client in &mut others {
        assert_ne!(worker_of(client), stuck, "whoever comes is served by the other");
    }
    hook.let_go();
    assert_eq!(clients[0].receive(9)[8], stuck, "its own are served when it comes round");
    eventually("it has recovered", || server.stats().stalled == 0);
    assert!(server.stats().stalls >= 1);
    eventually("it gets connections again", || worker_of(&mut Client::connect(server.local_addr())) == stuck);
    server.shutdown().unwrap();
}

#[test]
fn a_shutdown_leaves_a_worker_behind_that_hangs_and_names_what_it_does() {
    let hook = Hook::default();
    let server = Server::builder(hook.clone(), mario::commands![answer_where, hang])
        .bind("127.0.0.1:0")
        .workers(2)
        .watchdog(Duration::from_millis(50))
        .shutdown_timeout(Duration::from_millis(200))
        .start()
        .unwrap();
    let mut clients: Vec<_> = (0..4).map(|_| Client::connect(server.local_addr())).collect();
    let workers: Vec<_> = clients.iter_mut().map(worker_of).collect();
    clients[0].send(&frame(HANG, b""));
    eventually("it hangs", || server.stats().stalled == 1);
    let error = server.shutdown().unwrap_err();
    let Error::Stuck { worker, command } = &error else { panic!("{error}") };
    assert_eq!(*worker, usize::from(workers[0] - b'0'));
    assert_eq!(command.map(|command| (command.id, command.name)), Some((HANG, "hang")));
    assert!(error.to_string().contains("the last command that it began is 0x0102 (hang)"), "{error}");
    for (client, worker) in clients.iter_mut().zip(&workers) {
        if *worker != workers[0] {
            assert_eq!(client.receive_all(), [], "the others end in order");
        }
    }
    hook.let_go();
    clients[0].closed();
}

/// Set in the process that is to be aborted.
const CHILD: &str = "MARIO_TEST_ABORTS";

/// Not a test but the server of the process that the next one starts.
#[test]
fn child() {
    if env::var_os(CHILD).is_none() {
        return;
    }
    let server = Server::builder(Hook::default(), mario::commands![answer_where, hang])
        .bind("127.0.0.1:0")
        .workers(1)
        .abort_stalled(Duration::from_millis(500))
        .start()
        .unwrap();
    println!("\nlistening on {}", server.local_addr());
    server.join().unwrap();
}

#[test]
fn a_process_whose_worker_hangs_is_aborted_if_it_shall_be() {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture", "--test-threads=1"]).env(CHILD, "1");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let addr = lines.find_map(|line| line.unwrap().strip_prefix("listening on ").map(str::to_owned)).unwrap();
    let mut client = Client::connect(addr.parse().unwrap());
    client.send(&frame(HANG, b""));
    const SIGABRT: i32 = 6;
    assert_eq!(exit_of(&mut child).signal(), Some(SIGABRT));
}
