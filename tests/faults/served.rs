//! The server of the child processes: its service, its settings, and what it does as its test says.

use std::env;
use std::io::{self, BufRead};
use std::process;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use mario::log::{self, Config};
use mario::{Accept, Builder, Conn, Packet, Payload, Rate, Server, ServerHandle, Service};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::support::{COUNT, ECHO, FLOOD};

/// The variable that makes a process such a server; its value are the settings, as `workers=2,connections=64`.
pub(crate) const SETTINGS: &str = "MARIO_TEST_FAULTS";

/// What the server prints before its address.
pub(crate) const LISTENING: &str = "listening on ";

/// What it prints after all that it was asked to tell.
pub(crate) const END: &str = "that is all";

pub(crate) const WHERE: u16 = 0x0201;
pub(crate) const TENTH: u16 = 0x0202;
pub(crate) const HANG: u16 = 0x0203;
pub(crate) const NOTE: u16 = 0x0204;

/// What handlers hang on.
#[derive(Clone, Default)]
struct Hook(Arc<(Mutex<bool>, Condvar)>);

impl Service for Hook {
    /// Calls so far.
    type Session = u32;
    type Worker = ();
}

#[derive(Packet)]
struct Number {
    number: u32,
}

#[mario::command(ECHO)]
fn echo<'a>(_conn: &mut Conn<'_, Hook>, request: Payload<'a>) -> Payload<'a> {
    request
}

/// How many calls this connection has made.
#[mario::command(COUNT)]
fn count(conn: &mut Conn<'_, Hook>) -> Number {
    *conn.session() += 1;
    Number { number: *conn.session() }
}

#[derive(Packet)]
struct Wanted {
    bytes: u16,
}

/// Answers with as many bytes as are wanted.
#[mario::command(FLOOD)]
fn flood(_conn: &mut Conn<'_, Hook>, request: Wanted) -> Payload<'static> {
    static BYTES: [u8; 60_000] = [0x5a; 60_000];
    Payload(&BYTES[..request.bytes.into()])
}

/// The number of the connection's worker.
#[mario::command(WHERE)]
fn answer_where(conn: &mut Conn<'_, Hook>) -> Number {
    Number { number: conn.id().worker() as u32 }
}

/// Answers with its request, unless that ends with a nine.
#[mario::command(TENTH)]
fn tenth(_conn: &mut Conn<'_, Hook>, request: Number) -> Number {
    assert_ne!(request.number % 10, 9, "as the test asked for");
    request
}

/// Hangs until the test lets it go.
#[mario::command(HANG)]
fn hang(conn: &mut Conn<'_, Hook>) {
    let (is_free, changed) = &*conn.service().0;
    drop(changed.wait_while(is_free.lock().unwrap(), |is_free| !*is_free));
}

/// Logs a line, and answers.
#[mario::command(NOTE)]
fn note<'a>(_conn: &mut Conn<'_, Hook>, request: Payload<'a>) -> Payload<'a> {
    log::info!("a note of {} bytes", request.0.len());
    request
}

/// Not a test but the server of those processes that the tests start.
#[test]
fn child() {
    let Ok(settings) = env::var(SETTINGS) else { return };
    let hook = Hook::default();
    let mut builder =
        Server::builder(hook.clone(), mario::commands![echo, count, flood, answer_where, tenth, hang, note])
            .bind("127.0.0.1:0")
            .workers(2)
            .connections(64)
            .read_timeout(None)
            .stop_on_signals();
    let mut log = Config::new();
    for (name, value) in settings.split(',').filter_map(|setting| setting.split_once('=')) {
        match name {
            "log" => log = log.file(value),
            "path" => builder = builder.hand_over(value),
            _ => builder = set(builder, name, value.split(':').map(|value| value.parse().unwrap()).collect()),
        }
    }
    log::init(log).unwrap();
    let server = builder.start().unwrap();
    println!("\n{LISTENING}{}", server.local_addr());
    let handle = server.handle();
    thread::spawn(move || obey(&hook, &handle));
    let ended = server.join();
    log::flush();
    process::exit(ended.is_err().into());
}

fn set(builder: Builder<Hook>, name: &str, values: Vec<u32>) -> Builder<Hook> {
    let bytes = |at: usize| values[at] as usize;
    let time = Duration::from_millis(values[0].into());
    match name {
        "connections" => builder.connections(bytes(0)),
        "accept_per_worker" => builder.accept(Accept::PerWorker),
        "backlog" => builder.backlog(values[0]),
        "accept_rate" => builder.accept_rate(Rate::per_second(values[0]).burst(values[1])),
        "partial_frame" => builder.partial_frame_timeout(time),
        "output" => builder.water_marks(bytes(0), bytes(1)).output_limit(bytes(2)).output_pool(bytes(3)),
        "write" => builder.write_timeout(time),
        "watchdog" => builder.watchdog(time),
        "drain" => builder.drain(time),
        _ => panic!("no such setting: {name}"),
    }
}

/// Does what the test says, in lines; at their end the process ends too.
fn obey(hook: &Hook, server: &ServerHandle) {
    for order in io::stdin().lock().lines().map_while(Result::ok) {
        match order.split_once(' ').unwrap_or((&order, "")) {
            ("tell", _) => {
                // Tests read what monitors do.
                print!("{}", server.metrics().to_prometheus());
                println!("log_dropped {}\n{END}", log::dropped());
            }
            ("let_go", _) => {
                let (is_free, changed) = &*hook.0;
                *is_free.lock().unwrap() = true;
                changed.notify_all();
            }
            ("leave_descriptors", count) => leave_descriptors(count.parse().unwrap()),
            _ => panic!("no such order: {order}"),
        }
    }
    process::exit(0);
}

/// From now on exactly so many more can be opened. The system limits their numbers, and inherited ones may lie anywhere.
fn leave_descriptors(count: usize) {
    let is_free = |number: &u64| std::fs::read_link(format!("/proc/self/fd/{number}")).is_err();
    let last = (0..).filter(is_free).nth(count - 1).unwrap();
    let limit = Rlimit { current: Some(last + 1), ..getrlimit(Resource::Nofile) };
    setrlimit(Resource::Nofile, limit).unwrap();
}
