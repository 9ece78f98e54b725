//! Handlers that panic, and handlers that hang.

use crate::innocents::Innocents;
use crate::process::Process;
use crate::served::{HANG, TENTH, WHERE};
use crate::support::{Client, ECHO, eventually, frame};

#[test]
fn every_tenth_request_panics_and_all_others_are_answered() {
    let server = Process::start("");
    let innocents = Innocents::of(&server, 8);
    let addr = server.addr;
    let ask = |turn: usize| {
        let mut client = Client::connect(addr);
        let numbers = 10 * turn as u32..10 * turn as u32 + 12;
        let frames: Vec<_> = numbers.map(|number| frame(TENTH, &number.to_le_bytes())).collect();
        client.send(&frames.concat());
        assert_eq!(client.receive_all(), frames[..9].concat(), "all before the tenth, and nothing after it");
    };
    let panics = innocents.are_served_during(4, 50, ask);
    innocents.end();
    assert_eq!(server.metric("panics_total", ""), panics as u64);
    assert_eq!(server.metric("command_panics_total", "tenth"), panics as u64);
    assert_eq!(server.ended("panicked"), panics as u64);
    eventually("each is logged", || server.lines("command 0x0202 (tenth) panicked") == panics);
}

#[test]
fn a_handler_that_hangs_holds_up_its_own_worker_alone() {
    let server = Process::start("watchdog=200");
    let mut clients: [Vec<Client>; 2] = Default::default();
    while clients.iter().any(|clients| clients.len() < 8) {
        let mut client = server.connect();
        client.send(&frame(WHERE, &[]));
        clients[client.receive(12)[8] as usize].push(client);
    }
    let [others, mut stuck] = clients;
    let innocents = Innocents::from(others);
    stuck[0].send(&frame(HANG, &[]));
    let requests: Vec<_> = (0..20u32).map(|number| frame(ECHO, &number.to_le_bytes())).collect();
    stuck.iter_mut().for_each(|client| client.send(&requests.concat()));
    eventually("it is noticed", || server.metric("worker_stalled", "worker=\"1\"") == 1);
    innocents.are_served();

    server.order("let_go");
    for client in &mut stuck {
        assert_eq!(client.receive(requests.concat().len()), requests.concat());
    }
    eventually("it has recovered", || server.metric("worker_stalled", "") == 0);
    assert_eq!(server.lines("the last command that it began is 0x0203 (hang)"), 1);
    innocents.end();
}
