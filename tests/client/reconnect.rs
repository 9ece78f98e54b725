//! A client that connects again: nothing is reported as done that is not, and nothing is done twice.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use mario::client::{Backoff, Disconnect, Error};
use mario::{Close, Conn, Packet, Server, Service};
use socket2::{Domain, Socket, Type};

use crate::fake::accept;
use crate::support::{Client as Peer, LIMIT, eventually, frame};
use crate::{Builder, Client};

const LOGIN: u16 = 0x6101;
const WORK: u16 = 0x6102;

#[derive(Packet)]
struct Login {
    uid: u16,
}

#[derive(Packet)]
struct LoggedIn;

/// A task, and its receipt.
#[derive(Debug, PartialEq, Packet)]
struct Task {
    #[mario(correlation)]
    number: u32,
    task: u32,
}

impl Task {
    fn new(task: u32) -> Task {
        Task { number: 0, task }
    }
}

/// What was done, over all the lives of the server.
#[derive(Clone, Default)]
struct Done {
    tasks: Arc<Mutex<HashMap<u32, u32>>>,
    logins: Arc<AtomicU32>,
}

impl Done {
    fn count(&self) -> usize {
        self.tasks.lock().unwrap().len()
    }
}

struct Workshop(Done);

#[derive(Default)]
struct LoggedInAlready(bool);

impl Service for Workshop {
    type Session = LoggedInAlready;
    type Worker = ();
}

#[mario::command(LOGIN)]
fn login(conn: &mut Conn<'_, Workshop>, request: Login) -> Result<LoggedIn, Close> {
    if request.uid != 10 {
        return Err(Close);
    }
    conn.service().0.logins.fetch_add(1, Ordering::SeqCst);
    conn.session().0 = true;
    Ok(LoggedIn)
}

#[mario::command(WORK)]
fn work(conn: &mut Conn<'_, Workshop>, request: Task) -> Result<Task, Close> {
    if !conn.session().0 {
        return Err(Close);
    }
    *conn.service().0.tasks.lock().unwrap().entry(request.task).or_default() += 1;
    Ok(request)
}

/// A port that stays the test's own while nobody listens there.
struct Port {
    addr: SocketAddr,
    _held: Socket,
}

impl Port {
    fn new() -> Port {
        let held = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        held.set_reuse_address(true).unwrap();
        held.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        Port { addr: held.local_addr().unwrap().as_socket().unwrap(), _held: held }
    }

    fn serve(&self, done: &Done) -> Server {
        Server::builder(Workshop(done.clone()), mario::commands![login, work])
            .bind(self.addr)
            .workers(1)
            .connections(64)
            .start()
            .expect("the port is free again")
    }

    /// A listener made by hand.
    fn listen(&self) -> TcpListener {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener.set_reuse_address(true).unwrap();
        listener.bind(&self.addr.into()).unwrap();
        listener.listen(16).unwrap();
        listener.into()
    }
}

const BACKOFF: Backoff =
    Backoff { first: Duration::from_millis(1), most: Duration::from_millis(20), attempts: None };

fn builder(address: SocketAddr) -> Builder {
    Client::builder(address).call_timeout(LIMIT).reconnect(BACKOFF)
}

fn log_in(client: &Client) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let LoggedIn = client.call(LOGIN, Login { uid: 10 })?;
    Ok(())
}

/// Stops the callers when a test is over, however it went.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What became of a task, as its caller was told.
enum Told {
    Done,
    Lost,
}

#[test]
fn a_restart_of_the_server_loses_no_call_silently_and_doubles_none() {
    const RESTARTS: usize = 4;
    let (port, done) = (Port::new(), Done::default());
    let mut server = port.serve(&done);
    let client = builder(port.addr).on_connect(log_in).connect().unwrap();
    let (next, stop) = (AtomicU32::new(0), AtomicBool::new(false));

    let told: Vec<(u32, Told)> = thread::scope(|scope| {
        let stopping = Stop(&stop);
        let callers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut told = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        let task = next.fetch_add(1, Ordering::Relaxed);
                        match client.call::<Task>(WORK, Task::new(task)) {
                            Ok(receipt) => {
                                assert_eq!(receipt.task, task, "it is this call's own");
                                told.push((task, Told::Done));
                            }
                            Err(Error::Lost { command: WORK, .. }) => told.push((task, Told::Lost)),
                            Err(error) => panic!("{error}"),
                        }
                    }
                    told
                })
            })
            .collect();
        for restart in 0..RESTARTS {
            let before = done.count();
            eventually("work is done", || done.count() > before + 50);
            assert!(done.logins.load(Ordering::SeqCst) > restart as u32);
            server.shutdown().unwrap();
            server = port.serve(&done);
        }
        let before = done.count();
        eventually("work is done by the last server", || done.count() > before + 50);
        drop(stopping);
        let told = callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect();
        server.shutdown().unwrap();
        told
    });

    let mut counts = done.tasks.lock().unwrap().clone();
    assert!(done.logins.load(Ordering::SeqCst) > RESTARTS as u32, "a login for each connection");
    for (task, told) in told {
        match (told, counts.remove(&task)) {
            (Told::Done, Some(1)) | (Told::Lost, None | Some(1)) => {}
            (Told::Done, count) => panic!("task {task} was reported as done, and done {count:?} times"),
            (Told::Lost, count) => panic!("task {task} was lost, and done {count:?} times"),
        }
    }
    assert!(counts.is_empty(), "nobody was told of {counts:?}");
}

#[test]
fn calls_under_way_are_lost_once_and_those_after_wait_for_the_login() {
    const CALLS: u32 = 8;
    let port = Port::new();
    let listener = port.listen();
    let (logging_in, wait_for_login) = mpsc::channel();
    let (go_on, wait_to_go_on) = mpsc::channel();
    let server = thread::spawn(move || {
        let mut peer = accept(&listener);
        assert_eq!(peer.receive(10), frame(LOGIN, &[10, 0]));
        peer.send(&frame(LOGIN, &[]));
        peer.receive(16 * CALLS as usize);
        drop(peer);

        let mut peer = accept(&listener);
        assert_eq!(peer.receive(10), frame(LOGIN, &[10, 0]), "the login comes first");
        logging_in.send(()).unwrap();
        wait_to_go_on.recv().unwrap();
        peer.send(&frame(LOGIN, &[]));
        let request = peer.receive(16);
        assert_eq!(request[12..], 99u32.to_le_bytes(), "no other is sent, and none again");
        peer.send(&request);
        peer.closed();
    });
    let client = builder(port.addr).on_connect(log_in).connect().unwrap();
    thread::scope(|scope| {
        for task in 0..CALLS {
            let client = &client;
            scope.spawn(move || {
                let error = client.call::<Task>(WORK, Task::new(task)).unwrap_err();
                assert!(matches!(error, Error::Lost { command: WORK, .. }), "{error}");
            });
        }
    });
    wait_for_login.recv().unwrap();
    let hasty = client.with_call_timeout(Duration::from_millis(20));
    let error = hasty.call::<Task>(WORK, Task::new(98)).unwrap_err();
    assert!(matches!(error, Error::NotConnected { .. }), "it is not sent before the login is over: {error}");
    go_on.send(()).unwrap();
    assert_eq!(client.call::<Task>(WORK, Task::new(99)).unwrap().task, 99);
    drop((client, hasty));
    server.join().unwrap();
}

#[test]
fn a_call_without_a_connection_waits_and_tells_why_there_is_none() {
    let (port, done) = (Port::new(), Done::default());
    let server = port.serve(&done);
    let client = builder(port.addr).on_connect(log_in).connect().unwrap();
    server.shutdown().unwrap();

    let hasty = client.with_call_timeout(Duration::from_millis(5));
    eventually("it can't connect again", || match hasty.call::<Task>(WORK, Task::new(1)) {
        Err(Error::NotConnected { cause: Disconnect::Unreachable(cause) }) => {
            matches!(*cause, Error::Refused { .. })
        }
        Err(Error::NotConnected { .. } | Error::Lost { .. } | Error::TimedOut { .. }) => false,
        other => panic!("{other:?}"),
    });
    thread::scope(|scope| {
        let waiting = scope.spawn(|| client.call::<Task>(WORK, Task::new(2)));
        let server = port.serve(&done);
        assert_eq!(waiting.join().unwrap().unwrap().task, 2);
        server.shutdown().unwrap();
    });
    assert_eq!(*done.tasks.lock().unwrap(), HashMap::from([(2, 1)]));
}

#[test]
fn it_gives_up_after_so_many_attempts() {
    let (port, done) = (Port::new(), Done::default());
    let server = port.serve(&done);
    let client = Client::builder(port.addr)
        .call_timeout(LIMIT)
        .reconnect(Backoff { attempts: Some(3), ..BACKOFF })
        .connect()
        .unwrap();
    let mut pushes = client.pushes();
    server.shutdown().unwrap();
    assert_eq!(pushes.next(), None, "the client is over");
    let error = client.send(WORK, &Task::new(1)).unwrap_err();
    let Error::NotConnected { cause: Disconnect::Unreachable(cause) } = &error else { panic!("{error}") };
    assert!(matches!(**cause, Error::Refused { .. }), "{cause}");
    assert!(error.to_string().contains("can't connect again"), "{error}");
}

#[test]
fn pushes_go_on_over_a_reconnect() {
    let port = Port::new();
    let listener = port.listen();
    let server = thread::spawn(move || {
        for value in 1..=3 {
            let mut peer = accept(&listener);
            peer.send(&frame(0x7777, &[value]));
        }
        drop(listener);
    });
    let client = builder(port.addr).connect().unwrap();
    let pushes = client.pushes();
    let values = [0; 3].map(|_| pushes.next_within(LIMIT).expect("it is pushed").payload()[0]);
    assert_eq!(values, [1, 2, 3]);
    server.join().unwrap();
}

#[test]
fn a_failed_login_closes_the_connection() {
    let (port, done) = (Port::new(), Done::default());
    let server = port.serve(&done);
    let error = Client::builder(port.addr).on_connect(|_| Err("not today".into())).connect().unwrap_err();
    assert!(matches!(error, Error::Login { .. }));
    assert!(error.to_string().contains("the login failed: not today"), "{error}");
    eventually("it is closed", || server.stats().accepted == 1 && server.stats().open == 0);

    let error =
        Client::builder(port.addr).on_connect(|_| panic!("as the test asked for")).connect().unwrap_err();
    assert!(error.to_string().contains("panicked"), "{error}");
    eventually("it is closed", || server.stats().accepted == 2 && server.stats().open == 0);

    let refused = |client: &Client| {
        let LoggedIn = client.call(LOGIN, Login { uid: 11 })?;
        Ok(())
    };
    let error = Client::builder(port.addr).on_connect(refused).connect().unwrap_err();
    let Error::Login { source } = &error else { panic!("{error}") };
    assert!(matches!(source.downcast_ref(), Some(Error::Lost { command: LOGIN, .. })), "{error}");
}

#[test]
fn a_failed_login_on_a_reconnect_is_tried_again() {
    let (port, done) = (Port::new(), Done::default());
    let server = port.serve(&done);
    let attempts = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&attempts);
    let client = builder(port.addr)
        .on_connect(move |client| match count.fetch_add(1, Ordering::SeqCst) {
            1 => Err("not yet".into()),
            2 => panic!("as the test asked for"),
            _ => log_in(client),
        })
        .connect()
        .unwrap();
    server.shutdown().unwrap();
    let server = port.serve(&done);
    // The end of the old connection may be seen only when the call is on its way.
    let receipt = (1..).find_map(|task| match client.call::<Task>(WORK, Task::new(task)) {
        Err(Error::Lost { .. }) => None,
        result => Some(result.unwrap()),
    });
    assert!(receipt.is_some());
    assert!(attempts.load(Ordering::SeqCst) > 3);
    assert!(done.logins.load(Ordering::SeqCst) >= 2);
    server.shutdown().unwrap();
}

#[test]
fn a_client_kept_from_the_login_is_of_no_use_after_it() {
    let (port, done) = (Port::new(), Done::default());
    let server = port.serve(&done);
    let kept = Arc::new(Mutex::new(None));
    let client = builder(port.addr)
        .on_connect({
            let kept = Arc::clone(&kept);
            move |client| {
                *kept.lock().unwrap() = Some(client.clone());
                log_in(client)
            }
        })
        .connect()
        .unwrap();
    let kept = kept.lock().unwrap().take().unwrap();
    let error = kept.call::<Task>(WORK, Task::new(1)).unwrap_err();
    assert!(matches!(error, Error::NotConnected { cause: Disconnect::ByClient }), "{error}");
    drop(kept);
    assert_eq!(client.call::<Task>(WORK, Task::new(2)).unwrap().task, 2);
    drop(client);
    server.shutdown().unwrap();
}

#[test]
fn a_dropped_client_does_not_come_back() {
    let port = Port::new();
    let listener = port.listen();
    let client = builder(port.addr).connect().unwrap();
    let mut pushes = client.pushes();
    accept(&listener);
    // It ended on the server's side, and is being replaced or is replaced already.
    drop(client);
    assert_eq!(pushes.next(), None);
    listener.set_nonblocking(true).unwrap();
    // What came meanwhile is closed, too.
    while let Ok((stream, _)) = listener.accept() {
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        Peer(stream).closed();
    }
}
