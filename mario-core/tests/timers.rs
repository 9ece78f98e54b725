//! Timers of connections and of workers.

use std::sync::Mutex;
use std::time::Duration;

use mario::testing::{TestClient, TestServer};
use mario::{Builder, Close, Conn, Packet, Payload, Reason, Server, Service, Timer, TimerError, Worker};

const LATER: u16 = 0x0001;
const CANCEL: u16 = 0x0002;
const CLOSE_LATER: u16 = 0x0003;
const PANIC_LATER: u16 = 0x0004;
const CHAIN: u16 = 0x0005;
const CLOSE_FIRST: u16 = 0x0006;
const DONE: u16 = 0x0100;

/// Does things later. Its workers count by timers of their own if `every` is set.
#[derive(Default)]
struct Later {
    every: Option<Duration>,
    ends: Mutex<Vec<Result<(), TimerError>>>,
}

#[derive(Default)]
struct Session {
    timers: Vec<Timer>,
    links: u8,
}

#[derive(Default)]
struct Counts {
    calls: u32,
    once: u32,
    every: Option<Timer>,
}

impl Service for Later {
    type Session = Session;
    type Worker = Counts;

    fn started(&self, worker: &mut Worker<'_, Self>) {
        let Some(every) = self.every else { return };
        worker.state().every = Some(worker.every(every, count).unwrap());
        worker.after(every * 2, |_, worker| worker.state().once += 1).unwrap();
    }

    fn disconnected(&self, conn: &mut Conn<'_, Self>, _reason: Reason) {
        self.ends.lock().unwrap().push(conn.after(Duration::ZERO, done).map(drop));
    }
}

/// Ends by itself after five calls.
fn count(_later: &Later, worker: &mut Worker<'_, Later>) {
    let counts = worker.state();
    counts.calls += 1;
    let (is_last, every) = (counts.calls == 5, counts.every);
    if is_last {
        assert!(worker.cancel(every.unwrap()));
        assert!(!worker.cancel(every.unwrap()));
    }
}

fn done(conn: &mut Conn<'_, Later>) {
    conn.send(DONE, &Payload(b"")).unwrap();
}

#[derive(Debug, PartialEq, Packet)]
struct Delay {
    millis: u32,
}

#[derive(Debug, PartialEq, Packet)]
struct Outcome {
    ok: bool,
}

#[mario::command(LATER)]
fn later(conn: &mut Conn<'_, Later>, delay: Delay) -> Outcome {
    match conn.after(Duration::from_millis(delay.millis.into()), done) {
        Ok(timer) => {
            conn.session().timers.push(timer);
            Outcome { ok: true }
        }
        Err(error) => {
            assert_eq!(error, TimerError::Full(3));
            Outcome { ok: false }
        }
    }
}

/// Cancels the first timer that the session has.
#[mario::command(CANCEL)]
fn cancel(conn: &mut Conn<'_, Later>) -> Outcome {
    let timer = conn.session().timers.remove(0);
    Outcome { ok: conn.cancel(timer) }
}

#[mario::command(CLOSE_LATER)]
fn close_later(conn: &mut Conn<'_, Later>) -> Result<(), Close> {
    conn.after(Duration::from_secs(1), |conn| {
        done(conn);
        conn.close();
    })?;
    Ok(())
}

#[mario::command(PANIC_LATER)]
fn panic_later(conn: &mut Conn<'_, Later>) -> Result<(), Close> {
    conn.after(Duration::from_secs(1), |_| panic!("as the test wants it"))?;
    Ok(())
}

#[mario::command(CHAIN)]
fn chain(conn: &mut Conn<'_, Later>) -> Result<(), Close> {
    fn link(conn: &mut Conn<'_, Later>) {
        done(conn);
        conn.session().links += 1;
        if conn.session().links < 4 {
            conn.after(Duration::from_secs(1), link).unwrap();
        }
    }
    conn.after(Duration::from_secs(1), link)?;
    Ok(())
}

#[mario::command(CLOSE_FIRST)]
fn close_first(conn: &mut Conn<'_, Later>) {
    conn.close();
    assert_eq!(conn.after(Duration::ZERO, done), Err(TimerError::Closed));
}

fn builder(later: Later) -> Builder<Later> {
    let commands = mario::commands![later, cancel, close_later, panic_later, chain, close_first];
    Server::builder(later, commands).timers(3)
}

fn server() -> TestServer<Later> {
    TestServer::new(builder(Later::default()))
}

/// Asks to be told later; whether a timer was left.
fn ask(client: &mut TestClient<Later>, millis: u32) -> bool {
    client.call::<_, Outcome>(LATER, &Delay { millis }).ok
}

fn told(client: &mut TestClient<Later>) -> u32 {
    let mut times = 0;
    while let Some(frame) = client.next_frame() {
        assert_eq!(frame.cmd, DONE);
        times += 1;
    }
    times
}

#[test]
fn a_call_comes_once_at_its_time() {
    let server = server();
    let mut client = server.connect();
    assert!(ask(&mut client, 1500));
    assert!(ask(&mut client, 500));
    server.advance(Duration::from_millis(499));
    assert_eq!(told(&mut client), 0);
    server.advance(Duration::from_millis(1));
    assert_eq!(told(&mut client), 1);
    server.advance(Duration::from_millis(999));
    assert_eq!(told(&mut client), 0);
    server.advance(Duration::from_millis(1));
    assert_eq!(told(&mut client), 1);
    server.advance(Duration::from_secs(100));
    assert_eq!(told(&mut client), 0);
    assert!(ask(&mut client, 0));
    assert_eq!(told(&mut client), 1, "at once is at once");
}

#[test]
fn a_timer_that_is_cancelled_does_not_come() {
    let server = server();
    let mut client = server.connect();
    assert!(ask(&mut client, 1000));
    assert!(ask(&mut client, 1001));
    assert!(client.call::<_, Outcome>(CANCEL, &Payload(b"")).ok);
    server.advance(Duration::from_secs(10));
    assert_eq!(told(&mut client), 1);
    assert!(!client.call::<_, Outcome>(CANCEL, &Payload(b"")).ok, "that one has come");
}

#[test]
fn the_timers_of_a_connection_go_with_it() {
    let server = server();
    let mut first = server.connect();
    assert!((0..3).all(|_| ask(&mut first, 1000)));
    assert!(!ask(&mut first, 1000), "there were three");
    let mut second = server.connect();
    assert!(!ask(&mut second, 1000));
    first.close();
    assert!(ask(&mut second, 2000), "they are free again");
    let mut third = server.connect();
    server.advance(Duration::from_millis(1999));
    assert_eq!(told(&mut third), 0, "whoever has the slot now is not told");
    server.advance(Duration::from_millis(1));
    assert_eq!((told(&mut second), told(&mut third)), (1, 0));
    assert_eq!(*server.service().ends.lock().unwrap(), [Err(TimerError::Closed)]);
}

#[test]
fn nobody_cancels_the_timer_of_another() {
    let server = server();
    let (mut first, mut second) = (server.connect(), server.connect());
    assert!(ask(&mut first, 1000));
    let timer = first.session(|session| session.timers[0]);
    second.session(|session| session.timers.push(timer));
    assert!(!second.call::<_, Outcome>(CANCEL, &Payload(b"")).ok);
    server.advance(Duration::from_secs(1));
    assert_eq!(told(&mut first), 1);
}

#[test]
fn a_call_may_close_panic_or_go_on() {
    let server = server();
    let mut closing = server.connect();
    closing.send(CLOSE_LATER, &Payload(b""));
    let mut panicking = server.connect();
    panicking.send(PANIC_LATER, &Payload(b""));
    let mut chain = server.connect();
    chain.send(CHAIN, &Payload(b""));
    assert_eq!((closing.reason(), panicking.reason()), (None, None));
    server.advance(Duration::from_secs(1));
    assert_eq!(told(&mut closing), 1);
    assert_eq!(closing.reason(), Some(Reason::Service));
    assert_eq!(panicking.reason(), Some(Reason::Panicked));
    assert_eq!(told(&mut chain), 1);
    server.advance(Duration::from_secs(10));
    assert_eq!(told(&mut chain), 3);
    assert_eq!(server.stats().panics, 1);

    let mut last = server.connect();
    last.send(CLOSE_FIRST, &Payload(b""));
    assert_eq!(last.reason(), Some(Reason::Service));
}

#[test]
fn a_worker_has_timers_too() {
    let every = Duration::from_secs(60);
    let server = TestServer::new(builder(Later { every: Some(every), ..Later::default() }));
    let calls = || server.worker(|counts| (counts.calls, counts.once));
    server.advance(every - Duration::from_millis(1));
    assert_eq!(calls(), (0, 0));
    server.advance(Duration::from_millis(1));
    assert_eq!(calls(), (1, 0));
    server.advance(every * 2);
    assert_eq!(calls(), (3, 1));
    server.advance(every * 100);
    assert_eq!(calls(), (5, 1));
}

#[test]
#[should_panic(expected = "timers for each worker: it is 0 to 2147483648")]
fn too_many_are_refused() {
    TestServer::new(builder(Later::default()).timers(usize::MAX));
}
