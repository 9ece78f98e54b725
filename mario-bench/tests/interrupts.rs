//! Ctrl-C ends each command with the results so far, and its servers with it.

mod support;

use std::io::{BufRead, BufReader};
use std::process::Output;

use rustix::process::Signal;
use serde_json::Value;
use support::{
    Running, Server, answers_many, children_of, eventually, figure, signal, sockets_of, threads_of, ticks_of,
};

fn assert_names(text: &str, what: &str) {
    assert!(text.contains(what), "{what:?} is not in: {text}");
}

/// What was printed as JSON by a program that was interrupted.
fn interrupted(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn assert_above_0(report: &Value, path: &str) {
    assert!(
        report.pointer(path).and_then(Value::as_f64).is_some_and(|value| value > 0.0),
        "{path} of {report}"
    );
}

#[test]
fn ctrl_c_prints_the_results_so_far() {
    let server = Server::start("raw --workers 1");
    let addr = server.addr;
    let mut load = Running::start(&format!("rps --addr {addr} --connections 2 --warm-up 0 --seconds 60"));
    answers_many(&server);
    signal(load.child(), Signal::INT);
    let output = load.output();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(130));
    assert!(figure(&text, "replies").contains("a second"), "{text}");
    assert_eq!(figure(&text, "failures"), "none");
}

#[test]
fn ctrl_c_ends_each_load_with_its_results() {
    for (load, results) in [
        ("cps --warm-up 0", "/connections"),
        ("hold --churn 2000 --requests 2000", "/replies"),
        ("open --rate 3000 --warm-up 0", "/replies"),
    ] {
        let server = Server::start("raw --workers 1");
        let addr = server.addr;
        let mut load = Running::start(&format!("{load} --addr {addr} --connections 2 --seconds 60 --json"));
        answers_many(&server);
        signal(load.child(), Signal::INT);
        let report = interrupted(&load.output());
        assert_above_0(&report, results);
        assert_eq!(report["failures"], serde_json::json!({}), "{report}");
    }
}

#[test]
fn ctrl_c_ends_the_opening_of_idle_connections() {
    let server = Server::start("raw --workers 1");
    let (addr, before) = (server.addr, sockets_of(server.pid()));
    let mut load = Running::start(&format!("idle --addr {addr} --connections 15000 --json"));
    eventually("many are open", || sockets_of(server.pid()) > before + 50);
    signal(load.child(), Signal::INT);
    let report = interrupted(&load.output());
    assert_above_0(&report, "/opened");
    assert_eq!(report["failures"], serde_json::json!({}), "{report}");
}

#[test]
fn ctrl_c_ends_each_command_that_has_servers_of_its_own() {
    let commands = [
        (
            "million --connections 200 --workers 2 --threads 2 --churn 500 --requests 2000 --seconds 60",
            "/opened",
        ),
        ("push --connections 500 --seconds 60 --warm-up 0", "/pushes"),
        ("broadcast --members 20 --others 2 --rounds 1000000", "/rounds"),
        ("users --users 100 --rounds 1 --lookups 0.01 --seconds 60", "/users"),
    ];
    for (command, results) in commands {
        let mut running = Running::start(&format!("{command} --json"));
        let pid = running.child().id();
        eventually("a server works", || children_of(pid).iter().any(|server| ticks_of(*server) >= 20));
        let servers = children_of(pid);
        signal(running.child(), Signal::INT);
        let report = interrupted(&running.output());
        assert_above_0(&report, results);
        assert_eq!(report["failures"], serde_json::json!({}), "{report}");
        assert!(servers.iter().all(|server| threads_of(*server) == 0), "{command}");
    }
}

#[test]
fn ctrl_c_ends_the_gathering_of_a_crowd() {
    for command in ["push --connections 15000 --json", "broadcast --members 15000 --json"] {
        let mut running = Running::start(command);
        let pid = running.child().id();
        eventually("some have joined", || children_of(pid).iter().any(|server| sockets_of(*server) > 50));
        signal(running.child(), Signal::INT);
        let report = interrupted(&running.output());
        assert_eq!(report["failures"], serde_json::json!({}), "{report}");
    }
}

#[test]
fn faults_that_are_stopped_print_the_rounds_so_far() {
    let text = stopped_after_a_line(
        "faults --rounds 1000 --only panics --connections 5 --seconds 0.1 --warm-up 0",
        "round 2",
    );
    assert_names(&text, "| panics");
}

#[test]
fn a_comparison_that_is_stopped_prints_the_rounds_so_far() {
    let text = stopped_after_a_line(
        "compare --patience 0 --idle 0 --rounds 1000 --shapes 2x1 --servers raw --seconds 0.05 --warm-up 0",
        "round",
    );
    assert_names(&text, "| raw");
}

/// What it has printed when it was interrupted after such a line to stderr.
fn stopped_after_a_line(arguments: &str, start: &str) -> String {
    let mut running = Running::start(arguments);
    let mut progress = BufReader::new(running.child().stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with(start) {
        line.clear();
        assert_ne!(progress.read_line(&mut line).unwrap(), 0, "it ended");
    }
    signal(running.child(), Signal::INT);
    // What it still says of its progress has to go somewhere.
    std::io::copy(&mut progress, &mut std::io::sink()).unwrap();
    let output = running.output();
    assert_eq!(output.status.code(), Some(130));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn servers_end_before_the_comparison_that_is_stopped() {
    let (mut comparison, servers) = comparison_with_servers();
    signal(comparison.child(), Signal::INT);
    assert_eq!(comparison.output().status.code(), Some(130));
    assert!(servers.iter().all(|server| threads_of(*server) == 0));
}

#[test]
fn servers_end_with_the_comparison_that_is_killed() {
    let (comparison, servers) = comparison_with_servers();
    drop(comparison);
    eventually("it has ended", || servers.iter().all(|server| threads_of(*server) == 0));
}

/// A comparison that takes long, and the servers it has started.
fn comparison_with_servers() -> (Running, Vec<u32>) {
    let mut comparison =
        Running::start("compare --patience 0 --rounds 1 --shapes 2x1 --servers raw --seconds 60");
    let pid = comparison.child().id();
    let works = |server: &u32| threads_of(*server) > 1;
    eventually("a server works", || children_of(pid).iter().any(works));
    (comparison, children_of(pid))
}
