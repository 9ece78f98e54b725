//! A server that is not there, refuses, answers wrong, or stops half-way; arguments that make no sense.

mod support;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Mutex;

use rustix::process::{Pid, Signal, kill_process};
use support::{
    Running, Server, answers_many, children_of, echo, eventually, failure, figure, impostor, stdout, ticks_of,
};

/// The reply to a login.
const LOGGED_IN: [u8; 8] = [0xf7, 0x9a, 0xb6, 0x8e, 0x08, 0x00, 0x01, 0x61];

/// Bytes of an echo frame with the default payload.
const FRAME: usize = 72;

/// An address at which nobody listens.
fn nobody() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn assert_names(text: &str, what: &str) {
    assert!(text.contains(what), "{what:?} is not in: {text}");
}

#[test]
fn a_server_that_is_not_there() {
    let nobody = nobody();
    for load in ["rps", "idle", "cps", "hold", "open"] {
        let text = failure(&format!("{load} --addr {nobody} --connections 5"));
        assert_names(&text, "× connection refused");
        assert_names(&text, &nobody);
        let output = support::run(&format!("{load} --addr {nobody} --connections 5 --json"));
        assert_eq!(output.status.code(), Some(1), "{load}");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let failures = report["failures"].as_object().unwrap();
        assert!(failures.keys().all(|kind| kind.contains("refused")) && failures.len() == 1, "{report}");
    }
}

#[test]
fn a_message_that_fits_no_frame() {
    for load in ["push", "broadcast"] {
        let text = failure(&format!("{load} --payload 70000 --seconds 1"));
        assert_names(&text, "65535");
    }
}

#[test]
fn a_server_that_closes_at_once() {
    let addr = impostor(drop);
    assert_names(&failure(&format!("rps --addr {addr} --connections 3 --seconds 60")), "the server");
    for load in ["idle", "cps", "hold", "open"] {
        assert_names(&failure(&format!("{load} --addr {addr} --connections 5")), "the server");
    }
}

#[test]
fn a_server_that_closes_after_the_login() {
    let addr = impostor(|mut stream| {
        let _ = stream.read_exact(&mut [0; 10]);
        let _ = stream.write_all(&LOGGED_IN);
    });
    let text = failure(&format!("hold --addr {addr} --connections 5 --seconds 60"));
    assert_names(&text, "5 × closed by the server");
    assert_names(&text, "0 open at the end");
}

#[test]
fn a_server_that_answers_twice() {
    let addr = impostor(|mut stream| {
        let _ = stream.read_exact(&mut [0; 10]);
        let _ = stream.write_all(&LOGGED_IN.repeat(2));
        let _ = stream.read(&mut [0]);
    });
    assert_names(&failure(&format!("hold --addr {addr} --connections 1 --seconds 60")), "without a request");
    assert_names(&failure(&format!("cps --addr {addr} --connections 1 --seconds 60")), "without a request");
}

#[test]
fn a_server_that_answers_wrong() {
    for (at, what) in [(2, "token"), (5, "length"), (7, "command"), (71, "payload")] {
        let addr = impostor(move |stream| {
            echo(stream, usize::MAX, |i, byte| if i == FRAME + at { !byte } else { byte });
        });
        let text = failure(&format!("rps --addr {addr} --connections 1 --seconds 60"));
        assert_names(
            &text,
            &format!("1 × a reply with a wrong {what}").replace("with a wrong length", "of a wrong length"),
        );
    }
}

#[test]
fn a_server_that_answers_a_fixed_rate_wrong() {
    let addr =
        impostor(|stream| echo(stream, usize::MAX, |i, byte| if i == FRAME + 71 { !byte } else { byte }));
    let text = failure(&format!("open --addr {addr} --connections 1 --rate 1000 --seconds 60"));
    assert_names(&text, "1 × a reply with a wrong payload");
}

#[test]
fn a_server_that_answers_a_login_wrong() {
    for (at, what) in [(2, "with a wrong token"), (5, "of a wrong length"), (7, "with a wrong command")] {
        let addr = impostor(move |mut stream| {
            let _ = stream.read_exact(&mut [0; 10]);
            let mut reply = LOGGED_IN;
            reply[at] ^= 1;
            let _ = stream.write_all(&reply);
            let _ = stream.read(&mut [0]);
        });
        for load in ["hold --connections 1", "idle --connections 1", "cps --connections 1"] {
            assert_names(&failure(&format!("{load} --addr {addr}")), &format!("× a reply {what}"));
        }
    }
}

#[test]
fn a_server_that_hangs_half_way() {
    let loads = [
        "rps --connections 4",
        "open --connections 4 --rate 3000",
        "cps --connections 4",
        "hold --connections 4 --requests 3000 --churn 1000",
    ];
    for load in loads {
        let server = Server::start("raw --workers 1");
        let addr = server.addr;
        let load = Running::start(&format!("{load} --addr {addr} --seconds 60 --timeout 0.5"));
        answers_many(&server);
        kill_process(Pid::from_raw(server.pid() as i32).unwrap(), Signal::STOP).unwrap();
        let output = load.output();
        assert_eq!(output.status.code(), Some(1));
        assert_names(&String::from_utf8_lossy(&output.stdout), "in time");
    }
}

#[test]
fn loads_and_servers_stay_on_this_machine_by_default() {
    for command in ["serve", "raw", "tokio", "gateway", "writes", "rps", "open", "cps", "hold", "idle"] {
        assert_names(&stdout(&format!("{command} --help")), "[default: 127.0.0.1:8082]");
    }
}

#[test]
fn a_server_that_stops_half_way() {
    let addr = impostor(|stream| echo(stream, 100 * FRAME + 5, |_, byte| byte));
    let text = failure(&format!("rps --addr {addr} --connections 1 --warm-up 0 --seconds 60"));
    assert!(figure(&text, "replies").starts_with("100 "), "{text}");
    // It is a reset if there was a request that it had not read.
    assert_names(&text, "by the server");
}

#[test]
fn a_server_that_is_killed_half_way() {
    let server = Server::start("raw --workers 1");
    let addr = server.addr;
    let load = Running::start(&format!("rps --addr {addr} --connections 10 --warm-up 0 --seconds 60"));
    answers_many(&server);
    drop(server);
    let output = load.output();
    assert_eq!(output.status.code(), Some(1));
    assert_names(&String::from_utf8_lossy(&output.stdout), "by the server");
}

#[test]
fn a_gateway_that_is_killed_leaves_the_results_so_far() {
    for (command, results) in [
        ("push --connections 500 --seconds 60 --warm-up 0 --timeout 1", "pushes"),
        ("broadcast --members 20 --others 2 --rounds 1000000 --timeout 1", "rounds"),
    ] {
        let mut running = Running::start(&format!("{command} --json"));
        let pid = running.child().id();
        eventually("a server works", || children_of(pid).iter().any(|server| ticks_of(*server) >= 20));
        for server in children_of(pid) {
            kill_process(Pid::from_raw(server as i32).unwrap(), Signal::KILL).unwrap();
        }
        let output = running.output();
        assert_eq!(output.status.code(), Some(1));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(report[results].as_u64().unwrap() > 0, "{report}");
        assert!(report["error"].is_string(), "{report}");
        assert!(!report["failures"].as_object().unwrap().is_empty(), "{report}");
    }
}

#[test]
fn a_server_that_never_answers() {
    let kept = Mutex::new(Vec::new());
    let addr = impostor(move |stream| kept.lock().unwrap().push(stream));
    let text = failure(&format!("rps --addr {addr} --connections 4 --seconds 60 --timeout 0.2"));
    assert_names(&text, "4 × no reply in time");
    let text = failure(&format!("open --addr {addr} --connections 4 --seconds 60 --timeout 0.2"));
    assert_names(&text, "4 × no reply in time");
    for load in ["hold", "cps"] {
        let text = failure(&format!("{load} --addr {addr} --connections 4 --seconds 60 --timeout 0.2"));
        assert_names(&text, "4 × no reply in time");
    }
    let text = failure(&format!("idle --addr {addr} --connections 4 --timeout 0.2"));
    assert_names(&text, "1 × no reply in time");
}

#[test]
fn a_server_that_lets_connections_wait_for_too_long() {
    let kept = Mutex::new(Vec::new());
    let addr = impostor(move |stream| kept.lock().unwrap().push(stream));
    let text = failure(&format!("hold --addr {addr} --connections 4 --opening 0.2 --timeout 60"));
    assert_eq!(figure(&text, "opened"), "0, not all; they had 0.2 s");
}

#[test]
fn an_address_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    for server in ["serve", "raw", "tokio"] {
        assert_names(&failure(&format!("{server} --addr {addr}")), &addr);
    }
}

#[test]
fn more_connections_than_descriptors() {
    for load in ["rps", "open", "cps", "idle"] {
        let text = failure(&format!("{load} --connections 999999999"));
        for missing in ["open descriptors", "memory", "fs.file-max", "fs.epoll.max_user_watches"] {
            assert_names(&text, missing);
        }
    }
}

#[test]
fn more_connections_than_the_machine_has_room_for() {
    for load in ["hold", "million"] {
        let text = failure(&format!("{load} --connections 999999999999 --threads 4"));
        for missing in [
            "open descriptors",
            "memory",
            "ulimit -Hn",
            "fs.nr_open",
            "fs.file-max",
            "fs.epoll.max_user_watches",
            "ip_local_port_range",
        ] {
            assert_names(&text, missing);
        }
    }
}

#[test]
fn so_few_others_that_they_are_at_fault_themselves() {
    assert_names(&failure("faults --connections 19"), "take 20 or more");
}

#[test]
fn a_payload_that_no_frame_holds() {
    let server = Server::start("raw --workers 1");
    let addr = server.addr;
    assert_names(&failure(&format!("rps --addr {addr} --payload 65528")), "65,527");
    // A frame it is, but longer than servers take by default.
    assert_names(&failure(&format!("rps --addr {addr} --payload 1493 --connections 1")), "the server");
}

#[test]
fn a_process_that_is_not_there() {
    let server = Server::start("raw --workers 1");
    let addr = server.addr;
    assert_names(&failure(&format!("idle --addr {addr} --connections 1 --pid 999999999")), "999999999");
}

#[test]
fn arguments_that_make_no_sense() {
    for arguments in [
        "rps --connections 0",
        "rps --depth 0",
        "rps --seconds -1",
        "rps --seconds nan",
        "rps --addr nowhere",
        "cps --close softly",
        "hold --churn -1",
        "hold --requests nan",
        "hold --threads 0",
        "open --rate inf",
        "million --workers 0",
        "compare --shapes cps:0",
        "compare --shapes 100",
        "compare --rounds 0",
        "faults --rounds 0",
        "faults --only rain",
        "faults --slow 0",
        "raw --cpus 3-1",
    ] {
        let output = support::run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments}");
        assert!(!output.stderr.is_empty(), "{arguments}");
    }
    assert_names(&failure("compare --servers tokio"), "needs");
    assert_names(&failure("open --rate 0"), "--rate 0");
    assert_names(&failure("rps --report /nowhere/at/all.html"), "/nowhere/at/all.html");
    assert_names(&failure("raw --addr 127.0.0.1:0 --cpus 1000"), "1000");
}

#[test]
fn a_comparison_looks_at_its_largest_load_first() {
    let text = failure("compare --shapes 2x1,999999999x1 --seconds 60");
    assert_names(&text, "999,999,999 connections need more than there is");
    assert_names(&failure("compare --idle 999999999 --seconds 60"), "open descriptors");
}

#[test]
fn a_comparison_that_fails_shows_what_there_is() {
    let output = support::run("compare --rounds 2 --shapes 2x1 --server-cpus 1000 --json");
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_names(report["error"].as_str().unwrap(), "2x1 with raw");
    assert_eq!(report["samples"], serde_json::json!([]));
}

#[test]
fn a_server_that_dies_in_a_comparison_is_a_failure_of_its_own_sample() {
    let mut comparison = Running::start(
        "compare --patience 0 --repeats 0 --rounds 1 --shapes 2x1 --idle 0 --servers raw,tokio --seconds 1 --json",
    );
    let pid = comparison.child().id();
    eventually("a server answers", || children_of(pid).iter().any(|server| ticks_of(*server) >= 3));
    for server in children_of(pid) {
        kill_process(Pid::from_raw(server as i32).unwrap(), Signal::KILL).unwrap();
    }
    let output = comparison.output();
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let failed = |sample: &serde_json::Value| !sample["failures"].as_object().unwrap().is_empty();
    let failed: Vec<bool> = report["samples"].as_array().unwrap().iter().map(failed).collect();
    assert_eq!(failed, [true, false], "{report}");
}
