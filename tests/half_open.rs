//! Peers that go without a word: nothing that is sent to them arrives any more, and nothing comes from them, no end and
//! no reset.
//!
//! Each test is a process in a network of its own, which has two clients and which it cuts in the middle: from then on
//! the packets of one of them vanish. The other one lives, and is served. `unshare` and `ip` of the system make that
//! network; where they may not, as in some containers, a test says so.
#![cfg(target_os = "linux")]

mod support;

use std::collections::BTreeMap;
use std::env;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Output};
use std::time::Duration;

use mario::{Builder, ConnId, KeepAlive, Payload, Reason};
use socket2::{Domain, Socket, Type};
use support::*;

/// The variable that tells a process which of the cases it is to try.
const CASE: &str = "MARIO_TEST_HALF_OPEN";

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 9, 9, 1);
const LOST: Ipv4Addr = Ipv4Addr::new(10, 9, 9, 2);
const LIVING: Ipv4Addr = Ipv4Addr::new(10, 9, 9, 3);

#[test]
fn who_is_gone_while_nothing_is_said_is_found_by_keep_alive() {
    try_it("keep_alive");
}

#[test]
fn who_is_gone_while_something_is_sent_is_found_by_the_user_timeout() {
    try_it("user_timeout");
}

#[test]
fn who_is_gone_is_found_by_the_read_timeout_and_its_slot_is_free() {
    try_it("read_timeout");
}

/// Not a test but the process in a network of its own.
#[test]
fn child() {
    let Ok(case) = env::var(CASE) else { return };
    for address in [SERVER, LOST, LIVING] {
        ip(&format!("address add {address}/32 dev lo"));
    }
    ip("link set lo up");
    let second = Duration::from_secs(1);
    let gone = Reason::Error(ErrorKind::TimedOut);
    match &*case {
        "keep_alive" => {
            let keep_alive = KeepAlive { idle: second, interval: second, probes: 2 };
            let scene = Scene::set(|builder| builder.keep_alive(keep_alive));
            scene.cut();
            scene.ends(gone, "error");
        }
        "user_timeout" => {
            let mut scene = Scene::set(|builder| builder.tcp_user_timeout(second));
            scene.cut();
            scene.push();
            scene.ends(gone, "error");
        }
        "read_timeout" => {
            let mut scene = Scene::set(|builder| builder.read_timeout(3 * second));
            scene.cut();
            // The other one speaks, and so stays.
            eventually("the slot of the one is free", || {
                scene.living.call(ECHO, b"here", b"here");
                scene.rig.stats().open == 1
            });
            scene.ends(Reason::TimedOut, "timed_out");
        }
        _ => panic!("no such case: {case}"),
    }
}

/// A server, and two clients that it has answered.
struct Scene {
    rig: Rig,
    lost: (ConnId, Client),
    living: Client,
    lives: ConnId,
}

impl Scene {
    fn set(settings: impl FnOnce(Builder<Probe>) -> Builder<Probe>) -> Scene {
        let rig = serve(|builder| settings(builder.bind((SERVER, 0)).read_timeout(None)));
        let lost = come(&rig, LOST);
        let (lives, living) = come(&rig, LIVING);
        Scene { rig, lost, living, lives }
    }

    /// From now on nothing reaches the one client, and nothing comes from it: its address is nobody's. With a route to
    /// it that ends nowhere, the system does not say so to who sends.
    fn cut(&self) {
        ip(&format!("route add {LOST}/32 dev lo"));
        ip(&format!("address delete {LOST}/32 dev lo"));
    }

    /// Sends something to both, of whom one gets it.
    fn push(&mut self) {
        for id in [self.lost.0, self.lives] {
            self.rig.server.connections().push(id, PUSHED, &Payload(b"news")).unwrap();
        }
        assert_eq!(self.living.receive(12), frame(PUSHED, b"news"));
    }

    /// Sees that the lost one ends, for that reason, and the other one is served.
    fn ends(mut self, reason: Reason, name: &str) {
        let ended = self.rig.event("the lost one ends", |event| match event {
            Event::Disconnected(id, reason) => Some((id, reason)),
            _ => None,
        });
        assert_eq!(ended, (self.lost.0, reason));
        eventually("its slot is free", || self.rig.stats().open == 1);
        let mut counted = self.rig.server.handle().metrics().ended;
        counted.retain(|_, count| *count > 0);
        assert_eq!(counted, BTreeMap::from([(name, 1)]));
        self.living.call(COUNT, &[], &1u32.to_le_bytes());
    }
}

/// A client from that address, and which connection it is.
fn come(rig: &Rig, address: Ipv4Addr) -> (ConnId, Client) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((address, 0)).into()).unwrap();
    socket.connect(&rig.addr().into()).unwrap();
    let mut client = Client(socket.into());
    client.0.set_read_timeout(Some(LIMIT)).unwrap();
    client.call(ECHO, b"here", b"here");
    let id = rig.event("it has come", |event| match event {
        Event::Connected(id, _) => Some(id),
        _ => None,
    });
    (id, client)
}

/// Changes the network of this process.
fn ip(what: &str) {
    let output = Command::new("ip").args(what.split(' ')).output().unwrap();
    assert!(output.status.success(), "ip {what}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Tries a case in a network of its own, if there may be one.
fn try_it(case: &str) {
    let network = |command: &[&str]| -> io::Result<Output> {
        let mut unshare = Command::new("unshare");
        unshare.args(["--user", "--map-root-user", "--net", "--"]).args(command);
        unshare.env(CASE, case).output()
    };
    match network(&["ip", "link", "set", "lo", "up"]) {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            let why = String::from_utf8_lossy(&output.stderr);
            return eprintln!("not tried, as there may be no network of its own here: {}", why.trim());
        }
        Err(error) => return eprintln!("not tried, as there is no `unshare` here: {error}"),
    }
    let program = env::current_exe().unwrap();
    let output = network(&[program.to_str().unwrap(), "--exact", "child", "--nocapture"]).unwrap();
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
