//! Settings that can't be: a typed error that says what to do.

mod support;

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use mario::{Builder, Error, Excess, Rate, Server, Stx};
use support::*;

fn refused(settings: impl FnOnce(Builder<Probe>) -> Builder<Probe>) -> Error {
    let (probe, _events) = Probe::new();
    let builder = Server::builder(probe, COMMANDS).bind("127.0.0.1:0").workers(1).connections(1);
    settings(builder).start().expect_err("this can't be")
}

#[track_caller]
fn says(error: &Error, texts: &[&str]) {
    for text in texts {
        assert!(error.to_string().contains(text), "`{error}` does not say `{text}`");
    }
}

#[test]
fn a_port_that_is_taken() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    let error = refused(|builder| builder.bind(address));
    assert!(matches!(&error, Error::Bind { source, .. } if source.kind() == io::ErrorKind::AddrInUse));
    says(&error, &[&address.to_string(), "another program listens there", "take another port"]);
}

#[test]
fn a_port_that_needs_a_privilege() {
    // The superuser may listen everywhere, so that the error is made here.
    let error =
        Error::Bind { address: ([127, 0, 0, 1], 80).into(), source: io::ErrorKind::PermissionDenied.into() };
    says(&error, &["127.0.0.1:80", "needs a privilege", "from 1024 on"]);
    let error = Error::Bind {
        address: ([127, 0, 0, 1], 8080).into(),
        source: io::ErrorKind::PermissionDenied.into(),
    };
    says(&error, &["127.0.0.1:8080", "a policy of this system", "take another"]);
}

/// Set in the process that may not listen where it is to.
#[cfg(target_os = "linux")]
const CHILD: &str = "MARIO_TEST_UNPRIVILEGED";

/// Not a test but the server of the process that the next one starts.
#[cfg(target_os = "linux")]
#[test]
fn child() {
    if std::env::var_os(CHILD).is_some() {
        let error = refused(|builder| builder.bind("127.0.0.1:81"));
        println!("\n{error}");
    }
}

/// Where `setpriv` is, and ports below 1024 need a privilege, a process without it is told so.
#[cfg(target_os = "linux")]
#[test]
fn a_process_without_the_privilege_is_told_so() {
    let first_free = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap();
    if first_free.trim().parse::<u16>().unwrap() <= 81 {
        return;
    }
    let mut command = std::process::Command::new("setpriv");
    command.args(["--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"]);
    command.arg(std::env::current_exe().unwrap()).args(["--exact", "child", "--nocapture"]);
    // It is no part of all systems, and only the superuser can give up what others don't have.
    let Ok(output) = command.env(CHILD, "1").output() else { return };
    if !output.status.success() {
        return;
    }
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("can't listen on 127.0.0.1:81: ") && text.contains("take one from 1024 on"),
        "{text}"
    );
}

#[test]
fn an_address_of_another_machine() {
    let error = refused(|builder| builder.bind("192.0.2.1:0"));
    says(&error, &["192.0.2.1:0", "this machine has no address 192.0.2.1"]);
}

#[test]
fn no_address() {
    let (probe, _events) = Probe::new();
    let error = Server::builder(probe, COMMANDS).start().unwrap_err();
    assert!(matches!(error, Error::NoAddress));
    says(&error, &[".bind("]);
    says(&refused(|builder| builder.bind("no port")), &["\"no port\"", "host:port"]);
}

#[test]
fn numbers_out_of_range() {
    says(&refused(|builder| builder.workers(0)), &["0 workers", "1 to 1024", "leave it out for one a core"]);
    says(&refused(|builder| builder.workers(1025)), &["1025 workers"]);
    says(&refused(|builder| builder.connections(0)), &["0 connections", "1 to 4194304"]);
    says(&refused(|builder| builder.max_packet(7)), &["7 bytes", "8 to 65535"]);
    says(&refused(|builder| builder.backlog(0)), &["backlog of 0", "at least 1"]);
    says(&refused(|builder| builder.water_marks(2, 1)), &["water marks 2 and 1", "must rise"]);
    says(&refused(|builder| builder.output_limit(70_000)), &["limit 70000", "at least 81919 above"]);
    says(&refused(|builder| builder.output_pool(1)), &["pool 1:", "must rise"]);
    let zero = Duration::ZERO;
    says(&refused(|builder| builder.read_timeout(zero)), &["read timeout of 0ns", "1 ms"]);
    says(&refused(|builder| builder.write_timeout(zero)), &["write timeout"]);
    says(&refused(|builder| builder.shutdown_timeout(zero)), &["shutdown timeout"]);
    says(&refused(|builder| builder.tick(Duration::MAX)), &["tick"]);
    says(&refused(|builder| builder.drain(zero)), &["drain of 0ns", "1 ms"]);
}

#[test]
fn a_heartbeat_that_is_taken_or_reserved() {
    says(&refused(|builder| builder.heartbeat(ECHO)), &["0x0101", "a handler takes it"]);
    says(&refused(|builder| builder.heartbeat(0xfffc)), &["0xfffc", "reserved"]);
}

#[test]
fn proxies_that_are_none() {
    for text in ["", "proxy.example", "10.0.0.0/33", "10.0.0/8", "10.0.0.1:80", "::/129"] {
        let error = refused(|builder| builder.proxy_protocol(["10.0.0.1", text]));
        assert!(matches!(error, Error::Prefix { .. }));
        says(&error, &[&format!("`{text}`"), "10.0.0.0/8"]);
    }
    let nobody = refused(|builder| builder.proxy_protocol([] as [&str; 0]));
    says(&nobody, &["no proxy that is trusted", "0.0.0.0/0"]);
    says(&refused(|builder| builder.proxy_timeout(Duration::ZERO)), &["proxy timeout of 0ns", "1 ms"]);
}

#[test]
fn limits_that_let_nothing_through() {
    let none = Rate::per_second(0).burst(1);
    says(&refused(|builder| builder.accept_rate(none)), &["accept rate is 0 a second, 1 at once"]);
    let none = Rate::per_second(7).burst(0);
    says(&refused(|builder| builder.accept_rate(none)), &["7 a second, 0 at once", "at least 1"]);
    says(&refused(|builder| builder.frame_rate(none)), &["frame rate is 7 a second, 0 at once"]);
    says(&refused(|builder| builder.byte_rate(none)), &["byte rate"]);
    let small = Rate::per_second(2_000).burst(1_499).excess(Excess::Close);
    says(&refused(|builder| builder.byte_rate(small)), &["burst of 1499", "packet limit, 1500"]);
    says(&refused(|builder| builder.connections_per_address(0)), &["0 connections for each address"]);
    says(&refused(|builder| builder.address_prefixes(33, 64)), &["33 and 64 bits", "0 to 32"]);
    says(&refused(|builder| builder.address_prefixes(0, 129)), &["0 and 129 bits", "0 to 128"]);
}

#[test]
fn private_descriptors_with_a_master() {
    let error = refused(Builder::private_descriptors);
    assert!(matches!(error, Error::PrivateDescriptors));
    says(&error, &["private descriptors", "add `.accept(Accept::PerWorker)`", "leave out"]);
}

#[test]
#[cfg(not(target_os = "linux"))]
fn workers_that_accept_on_another_system() {
    let error = refused(|builder| builder.accept(mario::Accept::PerWorker));
    assert!(matches!(error, Error::NeedsLinux { .. }));
    says(&error, &["needs Linux", "take `Accept::Master`"]);
}

#[test]
fn a_text_that_is_no_token() {
    for text in ["", "mario", "0x", "0x+1", "0x123456789", "4294967296", "-1"] {
        let error = text.parse::<Stx>().unwrap_err().to_string();
        assert!(error.contains(&format!("`{text}`")) && error.contains("0x8eb69af7"), "{error}");
    }
}

#[test]
fn more_memory_than_there_is() {
    let error = refused(|builder| builder.output_pool(usize::MAX / 4).output_limit(1 << 20));
    assert!(matches!(error, Error::Memory { .. }), "{error}");
    says(&error, &["no memory", "smaller pools"]);
}
