//! What each load does to a small server, and tells of it.

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use support::{Server, bench, failure, figure, impostor, json, stdout};

/// A file of this test alone.
fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()))
}

fn number(report: &Value, path: &str) -> f64 {
    let value = report.pointer(path).and_then(Value::as_f64);
    value.unwrap_or_else(|| panic!("{path} is no number in {report}"))
}

fn assert_no_failure(report: &Value) {
    assert_eq!(report["failures"], serde_json::json!({}), "{report}");
}

#[test]
fn cps_closes_what_it_opens_either_way() {
    let server = Server::start("raw --workers 1");
    for close in ["fin", "reset"] {
        let report = json(&format!(
            "cps --addr {} --connections 5 --seconds 1 --warm-up 0 --close {close} --json",
            server.addr
        ));
        assert!(number(&report, "/connections") > 0.0, "{report}");
        assert!(number(&report, "/latency/p50") > 0.0, "{report}");
        assert_eq!(report["close"], close);
        assert_no_failure(&report);
    }
}

#[test]
fn what_goes_wrong_costs_others_no_reply() {
    let report = json(
        "faults --rounds 1 --seconds 1 --warm-up 0 --connections 20 --slow 20 --deaf 10 --resets 200 --excess 50 --json",
    );
    let rows = report["summary"].as_array().expect("a row for each fault");
    let faults: Vec<_> = rows.iter().filter_map(|row| row["fault"].as_str()).collect();
    let all = [
        "slowloris",
        "deaf",
        "resets",
        "slots",
        "descriptors",
        "addresses",
        "accept-rate",
        "frames",
        "bytes",
        "panics",
        "hang",
        "disk",
        "restarts",
        "takeovers",
        "terminations",
    ];
    assert_eq!(faults, all, "{report}");
    for row in rows {
        assert_eq!(row["errors"].as_array().map(Vec::len), Some(0), "{row}");
        assert_no_failure(row);
        assert!(number(row, "/done") > 0.0, "{row}");
        assert!(number(row, "/per_second") > 0.0, "{row}");
        assert_eq!(row["sockets_left"], 0, "{row}");
        assert!(number(row, "/memory") <= number(row, "/memory_bound"), "{row}");
    }
    assert_eq!(report["samples"].as_array().map(Vec::len), Some(2 * all.len()), "{report}");
}

#[test]
fn push_sees_every_push_arrive() {
    let report =
        json("push --connections 500 --threads 3 --readers 2 --payload 5 --seconds 1 --warm-up 0.1 --json");
    assert!(number(&report, "/pushes") > 0.0, "{report}");
    assert!(number(&report, "/accepted") >= number(&report, "/pushes"), "{report}");
    assert_eq!(report["missing"], 0, "{report}");
    assert_no_failure(&report);
}

#[test]
fn broadcast_reaches_all_beside_bare_writes_and_others() {
    let report = json(
        "broadcast --members 40 --readers 3 --others 3 --rate 500 --rounds 5 --payload 2000 --seconds 0.4 --json",
    );
    assert_eq!((&report["rounds"], &report["members"]), (&5.into(), &40.into()), "{report}");
    for side in ["mario", "writes"] {
        assert_eq!(report[side]["took"]["count"], 5, "{report}");
        assert!(number(&report, &format!("/{side}/took/p50")) > 0.0, "{report}");
    }
    assert!(number(&report, "/ratio") > 0.0, "{report}");
    assert_eq!(report["others_without"]["broadcasts"], 0, "{report}");
    assert!(number(&report, "/others_with/broadcasts") > 0.0, "{report}");
    for others in ["others_without", "others_with"] {
        assert_eq!(
            (&report[others]["latency"]["count"], &report[others]["unanswered"]),
            (&200.into(), &0.into())
        );
    }
    assert_no_failure(&report);
}

#[test]
fn broadcast_takes_a_descriptor_table_a_reader_when_one_is_too_small() {
    let arguments = "broadcast --members 150 --others 3 --rounds 2 --seconds 1 --json";
    let limited = format!("ulimit -n 300 && exec '{}' {arguments}", env!("CARGO_BIN_EXE_mario-bench"));
    let output = Command::new("sh").args(["-c", &limited]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["mario"]["took"]["count"], 2, "{report}");
    assert_no_failure(&report);
}

#[test]
fn broadcast_reaches_more_than_one_descriptor_table_of_a_server_holds() {
    let arguments = "broadcast --members 400 --others 3 --rounds 2 --seconds 1 --json";
    let limited = format!("ulimit -n 300 && exec '{}' {arguments}", env!("CARGO_BIN_EXE_mario-bench"));
    let output = Command::new("sh").args(["-c", &limited]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["mario"]["took"]["count"], 2, "{report}");
    assert!(number(&report, "/workers") >= 3.0, "{report}");
    assert_no_failure(&report);
}

#[test]
fn users_are_weighed_looked_up_and_kicked() {
    let report = json("users --users 500 --rounds 1 --lookups 0.02 --seconds 1 --threads 2 --json");
    assert_eq!(report["memory"]["users"], 500, "{report}");
    assert!(number(&report, "/memory/connected") > 0.0, "{report}");
    let lookups = report["lookups"].as_array().unwrap();
    assert_eq!(lookups.len(), 8, "{report}");
    assert!(lookups.iter().all(|lookup| number(lookup, "/per_second") > 0.0), "{report}");
    assert!(number(&report, "/others/logins") > 0.0, "{report}");
    let (logins, kicked) = (number(&report, "/kicking/logins"), number(&report, "/kicking/kicked"));
    // All but those that each of two threads has yet at the end.
    assert!(logins > 0.0 && (logins - 32.0..logins).contains(&kicked), "{report}");
    assert_eq!(report["others"]["kicked"], 0, "{report}");
    assert_no_failure(&report);
}

#[test]
fn open_sends_what_is_due_and_no_more() {
    let server = Server::start("raw --workers 1");
    let report = json(&format!(
        "open --addr {} --connections 3 --rate 1000 --seconds 0.5 --warm-up 0.1 --threads 3 --json",
        server.addr
    ));
    assert_eq!(report["replies"], 500, "{report}");
    assert_eq!(report["unanswered"], 0, "{report}");
    assert_no_failure(&report);
}

#[test]
fn open_counts_the_time_in_which_a_server_pauses() {
    use std::io::{Read, Write};
    use std::time::Duration;

    const PAUSE: Duration = Duration::from_millis(400);
    // Echoes, but not for a while in the middle.
    let addr = impostor(|mut stream| {
        let mut buffer = [0; 64 * 1024];
        let mut total = 0;
        let mut has_paused = false;
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            total += count;
            if total > 100 * 72 && !has_paused {
                has_paused = true;
                std::thread::sleep(PAUSE);
            }
            if stream.write_all(&buffer[..count]).is_err() {
                return;
            }
        }
    });
    let report =
        json(&format!("open --addr {addr} --connections 1 --rate 1000 --seconds 1 --warm-up 0 --json"));
    assert_eq!(report["replies"], 1000, "{report}");
    // A closed loop would have seen one such latency. Of what was due in the pause, half waited for half of it at least.
    assert!(number(&report, "/latency/p90") >= PAUSE.as_micros() as f64 / 2.0, "{report}");
}

#[test]
fn hold_opens_closes_and_asks() {
    let server = Server::start("serve --workers 2 --connections 512");
    let report = json(&format!(
        "hold --addr {} --connections 300 --threads 3 --churn 200 --requests 400 --seconds 0.5 --json",
        server.addr
    ));
    assert_no_failure(&report);
    assert_eq!(report["held"], 300, "{report}");
    assert_eq!(report["reopened"], 100, "{report}");
    assert_eq!(report["replies"], 200, "{report}");
    assert_eq!(report["opened"], 400, "{report}");
    assert_eq!(report["missed"], 0, "{report}");
    assert_eq!(report["weights"][1]["connections"], 300, "{report}");
    assert!(number(&report, "/weights/1/server") > 0.0, "the server was not found: {report}");
    assert_eq!(report["opening_latency"]["count"], 300);
    assert_eq!(report["reopening_latency"]["count"], 100);
    assert_eq!(report["reply_latency"]["count"], 200);
}

#[test]
fn hold_catches_up_with_more_than_it_can_do() {
    let server = Server::start("raw --workers 1");
    let arguments = "--connections 100 --threads 1 --churn 1000000 --seconds 0.05 --close reset --timeout 30";
    let report = json(&format!("hold --addr {} {arguments} --json", server.addr));
    assert_no_failure(&report);
    assert_eq!((&report["held"], &report["reopened"]), (&100.into(), &50_000.into()), "{report}");
    // It is told that this took longer.
    assert!(number(&report, "/seconds") > 0.05 && number(&report, "/reopened_per_second") < 1e6, "{report}");
}

#[test]
fn hold_takes_a_descriptor_table_a_thread_when_one_is_too_small() {
    let server = Server::start("raw --workers 1");
    let arguments = format!("hold --addr {} --connections 300 --churn 100 --seconds 1 --json", server.addr);
    let limited = format!("ulimit -n 200 && exec '{}' {arguments}", env!("CARGO_BIN_EXE_mario-bench"));
    let output = Command::new("sh").args(["-c", &limited]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["held"], 300, "{report}");
    assert!(number(&report, "/threads") > 2.0, "{report}");
    assert_no_failure(&report);
}

#[test]
fn million_is_the_same_with_a_server_of_its_own() {
    let arguments =
        "million --connections 400 --workers 2 --threads 3 --churn 200 --requests 200 --seconds 0.5";
    let output = bench(&format!("{arguments} --json")).output().unwrap();
    let needs = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{needs}");
    for need in ["memory", "open descriptors", "ports", "wait to be accepted"] {
        assert!(needs.contains(need), "{need:?} is not in: {needs}");
    }
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["held"], 400, "{report}");
    assert_eq!(report["reopened"], 100, "{report}");
    assert_eq!(report["replies"], 100, "{report}");
    assert_no_failure(&report);
}

#[test]
fn syscalls_counts_those_of_a_request() {
    let arguments = "syscalls --shapes 5x1,2x4 --servers raw,mario --seconds 1 --warm-up 0 --json";
    let has_strace = Command::new("strace").arg("-V").output().is_ok();
    if !has_strace {
        return assert!(failure(arguments).contains("apt install strace"));
    }
    let report = json(arguments);
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 4, "{report}");
    for row in rows {
        assert!(number(row, "/replies") > 0.0, "{row}");
        assert!(number(row, "/calls/recvfrom/calls") > 0.0, "{row}");
        assert_eq!(row["calls"]["epoll_ctl"], Value::Null, "{row}");
        assert_no_failure(row);
    }
}

#[test]
fn syscalls_says_what_it_lacks() {
    let output = bench("syscalls --seconds 1").env("PATH", "").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("apt install strace"), "{text}");
}

#[test]
fn each_load_writes_a_page() {
    let server = Server::start("raw --workers 1");
    let addr = server.addr;
    let loads = [
        ("rps", format!("rps --addr {addr} --connections 2 --seconds 1 --warm-up 0"), 2),
        ("open", format!("open --addr {addr} --connections 2 --rate 100 --seconds 1 --warm-up 0"), 2),
        ("cps", format!("cps --addr {addr} --connections 2 --seconds 1 --warm-up 0"), 2),
        ("hold", format!("hold --addr {addr} --connections 10 --churn 50 --requests 50 --seconds 1"), 3),
        ("push", "push --connections 500 --seconds 1 --warm-up 0".into(), 1),
        ("broadcast", "broadcast --members 10 --others 2 --rounds 2 --seconds 1".into(), 1),
        ("users", "users --users 100 --rounds 1 --lookups 0.01 --seconds 1".into(), 2),
        ("idle", format!("idle --addr {addr} --connections 10"), 1),
        ("million", "million --connections 50 --workers 2 --threads 2 --churn 50 --requests 50 --seconds 1".into(), 3),
        ("faults", "faults --rounds 1 --only panics,slots --connections 5 --seconds 1 --warm-up 0".into(), 1),
        (
            "compare",
            "compare --patience 0 --rounds 1 --idle 0 --shapes 2x1,cps:2 --seconds 0.5 --warm-up 0 --servers raw,mario"
                .into(),
            2,
        ),
    ];
    for (name, arguments, charts) in loads {
        let path = file(&format!("{name}.html"));
        stdout(&format!("{arguments} --report {}", path.display()));
        let page = fs::read_to_string(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(page.matches("<svg").count(), charts, "{name}");
        assert!(page.contains(&arguments), "{name} does not tell its command");
        assert!(!page.contains("NaN") && !page.contains("inf\""), "{name}");
        for loaded in ["http:", "https:", "src=", "href=", "@import", "url("] {
            assert!(!page.contains(loaded), "{name} loads something: {loaded}");
        }
        assert!(page.contains("prefers-color-scheme: dark"), "{name}");
    }
}

#[test]
fn the_text_has_the_figures() {
    let server = Server::start("raw --workers 1");
    let text = stdout(&format!("cps --addr {} --connections 2 --seconds 1 --warm-up 0", server.addr));
    assert!(figure(&text, "connections").contains("a second"), "{text}");
    assert!(figure(&text, "latency").contains("p99.9"), "{text}");
    assert!(figure(&text, "server's CPU").contains("a connection"), "{text}");
    assert_eq!(figure(&text, "failures"), "none");
}
