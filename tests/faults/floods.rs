//! Many connections at once: that break off, that find no room, that find no descriptor.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::thread;

use rustix::io::Errno;
use socket2::{Domain, Socket, Type};

use crate::innocents::Innocents;
use crate::process::Process;
use crate::support::{COUNT, Client, ECHO, FLOOD, eventually, frame};

#[test]
fn a_storm_of_resets_leaks_no_descriptor() {
    for accept in ["", "accept_per_worker=1,"] {
        let server = Process::start(&format!("{accept}connections=512"));
        let innocents = Innocents::of(&server, 8);
        let (before, addr) = (server.sockets(), server.addr);
        let storm = innocents.are_served_during(4, 800, |turn| reset(addr, turn)) as u64;
        eventually("all slots are free", || server.open() == 8);
        eventually("no socket is left", || server.sockets() == before);
        let accepted = server.metric("connections_accepted_total", "");
        assert_eq!(accepted, server.ended("") + 8, "each has ended once");
        assert_eq!(accepted + server.metric("connections_refused_total", "full"), storm + 8);
        innocents.end();
    }
}

/// Breaks a connection off, each in another state.
fn reset(addr: SocketAddr, turn: usize) {
    let mut client = Client::connect(addr);
    match turn % 5 {
        0 => {}
        1 => client.send(&frame(ECHO, b"half of it")[..10]),
        2 => client.send(&frame(ECHO, b"never read")),
        3 => client.send(&frame(FLOOD, &60_000u16.to_le_bytes())),
        // It waits for the server, so that the storm never gets far ahead of it.
        _ => client.call(COUNT, &[], &[1, 0, 0, 0]),
    }
    client.reset();
}

#[test]
fn a_flood_past_all_slots_is_closed_at_once() {
    let server = Process::start("connections=16");
    let innocents = Innocents::of(&server, 8);
    let addr = server.addr;
    let flood: Vec<_> = (0..4).map(|_| thread::spawn(move || crowd(addr))).collect();
    innocents.are_served();
    let served: Vec<Client> = flood.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    assert_eq!(served.len(), 32 - 8, "as many as there are slots");
    assert_eq!(server.metric("connections_refused_total", "full"), 400 - 24);
    assert_eq!(server.metric("slots", "free"), 0);
    drop(served);
    eventually("slots are free", || server.open() == 8);
    server.connect().call(COUNT, &[], &[1, 0, 0, 0]);
    innocents.end();
}

/// A hundred connections; those of them that are served.
fn crowd(addr: SocketAddr) -> Vec<Client> {
    let is_served = |client: &mut Client| {
        let request = frame(ECHO, b"is there room?");
        let mut reply = vec![0; request.len()];
        match client.0.write_all(&request).and_then(|()| client.0.read_exact(&mut reply)) {
            Ok(()) => assert_eq!(reply, request),
            Err(error) => assert!(is_close(error.kind()), "{error}"),
        }
        reply == request
    };
    (0..100)
        .map(|_| Client::connect(addr))
        .filter_map(|mut client| is_served(&mut client).then_some(client))
        .collect()
}

fn is_close(error: ErrorKind) -> bool {
    matches!(error, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof)
}

#[test]
fn a_flood_past_the_backlog_waits_outside() {
    let server = Process::start("backlog=4,accept_rate=2:8");
    let innocents = Innocents::of(&server, 8);
    let flood: Vec<Socket> = (0..100).map(|_| connecting(server.addr)).collect();
    innocents.are_served();
    eventually("some had to wait", || server.metric("accept_delays_total", "") > 0);
    assert!(server.metric("connections_accepted_total", "") < 8 + 100, "others wait yet");
    drop(flood);
    server.connect().call(COUNT, &[], &[1, 0, 0, 0]);
    innocents.end();
}

/// A socket that connects when it can.
fn connecting(addr: SocketAddr) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_nonblocking(true).unwrap();
    if let Err(error) = socket.connect(&addr.into()) {
        assert_eq!(Errno::from_io_error(&error), Some(Errno::INPROGRESS));
    }
    socket
}

#[test]
fn without_descriptors_those_who_are_in_are_served() {
    let server = Process::start("");
    let innocents = Innocents::of(&server, 8);
    server.order("leave_descriptors 20");
    // What is told comes after what was ordered.
    assert_eq!(server.metric("accept_pauses_total", ""), 0);
    let mut flood: Vec<Client> = (0..60).map(|_| server.connect()).collect();
    flood.iter_mut().for_each(|client| client.send(&frame(COUNT, &[])));
    eventually("there is none left", || server.metric("accept_pauses_total", "") >= 3);
    innocents.are_served();
    assert_eq!(server.open(), 28);
    for client in &mut flood[..20] {
        assert_eq!(client.receive(12), frame(COUNT, &[1, 0, 0, 0]));
    }
    // As some go, others come in.
    flood.drain(..20);
    for client in &mut flood[..20] {
        assert_eq!(client.receive(12), frame(COUNT, &[1, 0, 0, 0]));
    }
    drop(flood);
    server.connect().call(COUNT, &[], &[1, 0, 0, 0]);
    innocents.end();
    let told = |text| eventually(text, || server.lines(text) == 1);
    told("accepting failed: Too many open files");
    told("accepting works again");
}
