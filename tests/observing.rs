//! What a server tells of itself, over real sockets and its admin listener.

mod support;

use std::collections::{BTreeMap, HashSet};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use mario::metrics::Metrics;
use mario::{Builder, Conn, Server};
use support::*;

fn rig(settings: impl FnOnce(Builder<Probe>) -> Builder<Probe>) -> Rig {
    serve(|builder| settings(builder.workers(2).connections(10)))
}

fn ask(addr: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn sum(metrics: &Metrics, of: impl Fn(&mario::metrics::WorkerMetrics) -> u64) -> u64 {
    metrics.workers.iter().map(of).sum()
}

#[test]
fn what_happens_is_counted_by_worker_command_and_reason() {
    let rig = rig(Builder::time_commands);
    let metrics = || rig.server.handle().metrics();
    let mut clients: Vec<_> = (0..4).map(|_| rig.connect()).collect();
    for client in &mut clients {
        client.call(ECHO, b"hello", b"hello");
    }
    eventually("all is published", || sum(&metrics(), |worker| worker.bytes_sent) == 4 * 13);
    let now = metrics();
    assert_eq!(sum(&now, |worker| worker.frames), 4);
    assert_eq!(sum(&now, |worker| worker.frames_sent), 4);
    assert_eq!(sum(&now, |worker| worker.bytes), 4 * 13);
    assert_eq!(sum(&now, |worker| worker.slots.open), 4);
    assert!(now.workers.iter().all(|worker| worker.rounds.count() > 0));
    let echo = now.commands.iter().find(|command| command.id == ECHO).unwrap();
    assert_eq!((echo.name, echo.times.as_ref().unwrap().count()), ("echo", 4));

    let mut panicking = clients.pop().unwrap();
    panicking.send(&frame(PANIC, b""));
    panicking.closed();
    let mut malformed = clients.pop().unwrap();
    malformed.send(&frame(SUM, b"short"));
    malformed.closed();
    drop(clients.pop());
    let ended = BTreeMap::from([("closed", 1), ("malformed", 1), ("panicked", 1)]);
    eventually("each has its reason", || {
        let mut now = metrics().ended;
        now.retain(|_, count| *count > 0);
        now == ended
    });
    eventually("slots are free again", || sum(&metrics(), |worker| worker.slots.free) == 19);
    eventually("who has ended is counted", || {
        let now = metrics();
        now.stats.accepted == now.ended.values().sum::<u64>() + sum(&now, |worker| worker.slots.open)
    });
    let now = metrics();
    let of = |id| now.commands.iter().find(|command| command.id == id).unwrap();
    assert_eq!((of(PANIC).panics, of(SUM).malformed, of(ECHO).panics), (1, 1, 0));
    assert_eq!((of(PANIC).requests, of(SUM).requests, of(ECHO).requests, of(COUNT).requests), (1, 1, 4, 0));
}

#[test]
fn replies_and_what_nobody_handles_are_counted() {
    let rig = rig(|builder| builder.workers(1));
    let mut client = rig.connect();
    // Two replies, and a frame that is none.
    client.send(&frame(PUSH, b""));
    client.receive(3 * 12);
    client.send(&frame(0x4242, b""));
    client.closed();
    let worker = || rig.server.handle().metrics().workers.remove(0);
    eventually("all is published", || worker().bytes_sent == 3 * 12);
    let now = worker();
    assert_eq!((now.frames, now.frames_sent, now.replies, now.unknown), (2, 3, 2, 1));
}

#[test]
fn a_connection_that_flushes_is_closing_and_one_without_its_proxys_header_is_open() {
    let settings = |builder: Builder<Probe>| builder.output_limit(32 << 20).water_marks(1 << 20, 16 << 20);
    let server = rig(|builder| settings(builder).workers(1));
    let slots = |rig: &Rig| rig.server.handle().metrics().workers[0].slots;
    let mut slow = server.connect();
    // More than the network takes, so that the last of it waits in the pool.
    slow.send(&[frame(FLOOD, &[0, 0xf0]).repeat(200), frame(CLOSE, b"")].concat());
    eventually("it is closing", || (slots(&server).open, slots(&server).closing) == (0, 1));
    let output = || server.server.handle().metrics().workers[0].output_pool;
    assert!(output().used > 0 && output().capacity == 64 << 20);
    assert_eq!(slow.receive_all().len(), 200 * (0xf000 + 10) + 12);
    eventually("it is gone", || slots(&server).free == 10);
    assert!(output().used == 0 && output().peak > 0);

    let server = rig(|builder| builder.workers(1).proxy_protocol(["127.0.0.1"]));
    let silent = server.connect();
    eventually("it is open", || (slots(&server).open, slots(&server).closing) == (1, 0));
    drop(silent);
    eventually("it is gone", || slots(&server).free == 10);
    assert_eq!(server.server.handle().metrics().ended.values().sum::<u64>(), 1);
}

#[test]
fn slots_add_up_whenever_they_are_looked_at() {
    let rig = rig(|builder| builder);
    let addr = rig.addr();
    let load = std::thread::spawn(move || {
        for _ in 0..300 {
            Client::connect(addr).call(ECHO, b"here", b"here");
        }
    });
    while !load.is_finished() {
        for worker in rig.server.handle().metrics().workers {
            let slots = worker.slots;
            assert_eq!(slots.free + slots.open + slots.closing, slots.capacity);
            assert_eq!(slots.capacity, 10);
        }
    }
    load.join().unwrap();
}

/// Whether a line is one of Prometheus' text format: `name{label="value",…} number`.
fn is_sample(line: &str) -> bool {
    let Some((series, value)) = line.rsplit_once(' ') else { return false };
    let (name, labels) = match series.split_once('{') {
        Some((name, labels)) => (name, labels.strip_suffix('}')),
        None => (series, Some("")),
    };
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let is_label = |label: &str| {
        label.split_once('=').is_some_and(|(name, value)| {
            is_name(name) && value.len() >= 2 && value.starts_with('"') && value.ends_with('"')
        })
    };
    let labels_are_right = labels.is_some_and(|labels| labels.is_empty() || labels.split(',').all(is_label));
    is_name(name) && labels_are_right && value.parse::<f64>().is_ok()
}

#[test]
fn prometheus_can_read_it() {
    let rig = rig(Builder::time_commands);
    let mut client = rig.connect();
    client.call(ECHO, b"hello", b"hello");
    let metrics = rig.server.handle().metrics();
    let text = metrics.to_prometheus();
    let mut family = "";
    let mut families = Vec::new();
    let mut series = HashSet::new();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            family = help.split(' ').next().unwrap();
            families.push(family);
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            assert!(kind.starts_with(family), "{line}");
            let is_total = kind.ends_with(" counter");
            assert_eq!(is_total, family.ends_with("_total"), "{line}");
        } else {
            assert!(is_sample(line) && line.starts_with(family), "{line}");
            assert!(series.insert(line.rsplit_once(' ').unwrap().0), "{line} comes twice");
        }
    }
    let count = families.len();
    families.sort_unstable();
    families.dedup();
    assert_eq!(families.len(), count, "each family comes once");
    assert!(text.contains("mario_connections_accepted_total 1\n"), "{text}");
    assert!(text.contains("mario_command_seconds_count{command=\"echo\",id=\"0x0101\"} 1\n"), "{text}");
    let buckets: Vec<u64> = text
        .lines()
        .filter(|line| line.starts_with("mario_command_seconds_bucket{command=\"echo\""))
        .map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap())
        .collect();
    assert!(buckets.is_sorted() && buckets.last() == Some(&1), "{buckets:?}");
}

mod chat {
    use super::*;

    #[mario::command(0x0201)]
    pub fn leave(_conn: &mut Conn<'_, Probe>) {}
}

mod room {
    use super::*;

    #[mario::command(0x0202)]
    pub fn leave(_conn: &mut Conn<'_, Probe>) {}
}

#[test]
fn commands_of_one_name_are_counted_apart() {
    let (probe, _events) = Probe::new();
    let server = Server::builder(probe, mario::commands![chat::leave, room::leave])
        .bind("127.0.0.1:0")
        .workers(1)
        .start()
        .unwrap();
    let mut client = Client::connect(server.local_addr());
    client.send(&[frame(0x0201, b""), frame(0x0202, b"").repeat(2)].concat());
    let has = |line| server.handle().metrics().to_prometheus().contains(line);
    eventually("one is counted", || has("mario_command_requests_total{command=\"leave\",id=\"0x0201\"} 1\n"));
    eventually("so is the other", || {
        has("mario_command_requests_total{command=\"leave\",id=\"0x0202\"} 2\n")
    });
    server.shutdown().unwrap();
}

/// Each worker by itself: who has accepted, whose connections have ended, who has died.
#[cfg(target_os = "linux")]
#[test]
fn each_worker_tells_what_it_alone_has_counted() {
    let rig = rig(|builder| builder.accept(mario::Accept::PerWorker));
    let mut worker = None;
    for _ in 0..20 {
        let mut client = rig.connect();
        client.call(ECHO, b"hello", b"hello");
        client.send(&frame(CLOSE, b""));
        client.closed();
        let id = rig.event("it is handled", |event| match event {
            Event::Handled(id, _) => Some(id),
            _ => None,
        });
        worker.get_or_insert(id.worker());
    }
    let metrics = || rig.server.handle().metrics();
    eventually("all have ended", || metrics().ended["service"] == 20);
    let now = metrics();
    for worker in &now.workers {
        let door = worker.door.expect("it accepts by itself");
        assert_eq!((door.accepted, door.refused), (worker.ended["service"], 0));
    }
    assert_eq!(sum(&now, |worker| worker.door.unwrap().accepted), now.stats.accepted);

    let died = worker.unwrap();
    assert!(mario::__private::kill_worker(&rig.server.connections(), died));
    eventually("it is noticed", || metrics().workers[died].deaths == 1);
    assert_eq!(sum(&metrics(), |worker| worker.deaths), 1);
    let text = metrics().to_prometheus();
    assert!(text.contains(&format!("mario_worker_deaths_total{{worker=\"{died}\"}} 1\n")), "{text}");
    let accepted = now.workers[died].door.unwrap().accepted;
    let line = format!("mario_connections_accepted_total{{worker=\"{died}\"}} {accepted}\n");
    assert!(text.contains(&line), "{text}");
}

#[test]
fn operators_are_answered_by_http_and_without() {
    let rig = rig(|builder| builder.admin(([127, 0, 0, 1], 0)));
    let admin = rig.server.admin_addr().unwrap();
    let mut client = rig.connect();
    client.call(ECHO, b"hello", b"hello");
    let get = |path: &str| ask(admin, &format!("GET {path} HTTP/1.1\r\nHost: here\r\n\r\n"));
    let overview = get("/");
    assert!(
        overview.starts_with("HTTP/1.0 200 OK\r\n") && overview.contains("1 open, 1 accepted"),
        "{overview}"
    );
    assert!(overview.contains("0x0101 echo"), "{overview}");
    assert!(get("/metrics").contains("\nmario_connections_accepted_total 1\n"));
    assert!(get("/commands").contains("0x0102 sum                      Summands -> Sum\n"));
    assert!(get("/nowhere").starts_with("HTTP/1.0 404 Not Found\r\n"));
    assert!(ask(admin, "/\n").starts_with("1 open, 1 accepted"));
    assert!(ask(admin, "help\n").contains("/slowest"));
    assert!(ask(admin, "GET / HTTP/1.1 and more\r\n\r\n").starts_with("HTTP/1.0 200"));
    assert!(ask(admin, &"x".repeat(5000)).contains("/slowest"));

    // Who does not read what it asks for is shown.
    let mut slow = rig.connect();
    slow.fill(&frame(FLOOD, &60_000u16.to_le_bytes()), 0);
    let shown = || ask(admin, "/slowest\n").lines().nth(1).map(str::to_owned);
    eventually("it is shown", || shown().is_some_and(|line| line.contains("127.0.0.1:")));
    drop(slow);
    eventually("it has gone", || shown().is_none());
}

#[test]
fn an_operator_who_never_comes_to_an_end_holds_up_neither_others_nor_the_shutdown() {
    let rig = rig(|builder| builder.admin(([127, 0, 0, 1], 0)));
    let admin = rig.server.admin_addr().unwrap();
    // Each sends a byte now and then, until it is hung up on.
    let trickle = || {
        let mut stream = TcpStream::connect(admin).unwrap();
        std::thread::spawn(move || {
            while stream.write_all(b"x").is_ok() {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
        })
    };
    let first = trickle();
    assert!(ask(admin, "/\n").starts_with("0 open"));
    first.join().unwrap();
    let second = trickle();
    rig.finish();
    second.join().unwrap();
}

#[test]
fn operators_are_of_this_machine() {
    let (probe, _) = Probe::new();
    let outside = SocketAddr::from(([0, 0, 0, 0], 0));
    let server = Server::builder(probe, mario::commands![]).bind("127.0.0.1:0").admin(outside).start();
    let error = server.expect_err("it is refused").to_string();
    assert!(error.contains("an admin listener on 0.0.0.0:0") && error.contains("take 127.0.0.1"), "{error}");
}
